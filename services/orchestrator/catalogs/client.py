"""The catalogues over gRPC."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from google.protobuf.message import Message
from grpc.aio import Channel

from libs.errors import InvalidInputError
from libs.provenance import Provenance
from libs.rpc.client import call
from services.orchestrator.catalogs.convert import compute as compute_wire
from services.orchestrator.catalogs.convert import models as models_wire
from services.orchestrator.catalogs.convert import packages as packages_wire
from services.orchestrator.catalogs.memory import Memory
from services.orchestrator.catalogs.protocol import Components
from services.orchestrator.domain.candidates import (
    FoundModels,
    GpuType,
    MemoryEstimate,
    Offer,
    OwnCluster,
    PerformanceEstimate,
)
from services.orchestrator.domain.planning.asks import ModelAsk, OfferAsk, SizingCase, UseOfModel
from services.orchestrator.domain.planning.components import RoleNeed
from services.orchestrator.domain.planning.standing import NOTHING, Standing
from services.orchestrator.domain.prices import UnitPrice, UnitPrices
from services.orchestrator.domain.spec import WorkloadSpec
from stack8s.compute.v1.cluster_service_pb2 import CLUSTER_STATE_NOT_CONFIGURED, GetCapacityRequest
from stack8s.compute.v1.cluster_service_pb2_grpc import ClusterServiceStub
from stack8s.compute.v1.compute_service_pb2 import (
    GetCatalogInfoRequest,
    ListGpuTypesRequest,
    ListUnitPricesRequest,
    SearchOffersResponse,
)
from stack8s.compute.v1.compute_service_pb2_grpc import ComputeServiceStub
from stack8s.models.v1 import models_service_pb2 as models_pb2
from stack8s.models.v1.models_service_pb2_grpc import ModelsServiceStub
from stack8s.packages.v1.packages_service_pb2 import RecommendComponentsResponse
from stack8s.packages.v1.packages_service_pb2_grpc import PackagesServiceStub

MAX_PAGES: Final = 8
"""Pages of 500 machine types at most: far more than all clouds together have."""
MAX_CASES: Final = 2000
"""Sizing cases of one call."""
MAX_KEPT_OF_MODELS: Final = 256
"""Answers about models that are kept: those to a search, or the estimates of a plan, take some tens of kB."""


class GrpcCatalogs:
    """Asks compute, models and packages. The channels belong to the caller."""

    def __init__(
        self, *, compute: Channel, models: Channel, packages: Channel, kept_of_models: int = MAX_KEPT_OF_MODELS
    ) -> None:
        """kept_of_models: how many answers about models are kept."""
        self._compute = ComputeServiceStub(compute)
        self._cluster = ClusterServiceStub(compute)
        self._models = ModelsServiceStub(models)
        self._packages = PackagesServiceStub(packages)
        self._memory = Memory(self._snapshot)
        self._of_models = Memory(self._models_snapshot, most=kept_of_models)

    async def search_models(self, ask: ModelAsk) -> FoundModels:
        """Return models, best first, and why there are none or not all that were asked for."""
        request = models_wire.model_ask_to_proto(ask)
        return await self._of_models.get(_mark(request, ask.purpose), lambda: self._search_models(request, ask))

    async def _search_models(self, request: models_pb2.SearchModelsRequest, ask: ModelAsk) -> FoundModels:
        try:
            answer = await call(self._models.SearchModels(request))
        except InvalidInputError as error:
            # A wish may name what no catalogue knows, such as terms of somebody's own: no model has it, which is told.
            if all(violation.field.startswith("filter.") for violation in error.violations):
                return models_wire.unknown_values(ask, error.violations)
            raise
        return models_wire.models_from_proto(answer, ask)

    async def list_gpu_types(self) -> tuple[GpuType, ...]:
        """Return all accelerator types, by name."""
        return await self._memory.get("gpu types", self._list_gpu_types)

    async def _list_gpu_types(self) -> tuple[GpuType, ...]:
        answer = await call(self._compute.ListGpuTypes(ListGpuTypesRequest(page_size=compute_wire.PAGE)))
        return tuple(compute_wire.gpu_type_from_proto(gpu) for gpu in answer.gpu_types)

    async def search_offers(self, ask: OfferAsk) -> tuple[Offer, ...]:
        """Return the machines of a search, cheapest first, over all pages.

        Free capacity of the user's own cluster changes by the second, so a search for it is always asked.
        """
        if ask.prefer_local:
            return await self._search_offers(ask)
        return await self._memory.get(ask, lambda: self._search_offers(ask))

    async def _search_offers(self, ask: OfferAsk) -> tuple[Offer, ...]:
        offers: list[Offer] = []
        pending = self._page(ask, "")
        for left in reversed(range(MAX_PAGES)):
            answer = await pending
            more = bool(answer.next_page_token) and left > 0
            if more:
                # The next page is made while this one is read.
                pending = self._page(ask, answer.next_page_token)
            offers += (compute_wire.offer_from_proto(offer) for offer in answer.offers)
            if not more:
                break
        return tuple(offers)

    def _page(self, ask: OfferAsk, token: str) -> asyncio.Task[SearchOffersResponse]:
        request = compute_wire.offer_ask_to_proto(ask, page_token=token)
        return asyncio.ensure_future(call(self._compute.SearchOffers(request)))

    async def _snapshot(self) -> str | None:
        """Return the snapshot that machines and prices are of; None where the user's own cluster is among them, which
        changes without it."""
        told, capacity = await asyncio.gather(
            call(self._compute.GetCatalogInfo(GetCatalogInfoRequest())),
            call(self._cluster.GetCapacity(GetCapacityRequest())),
        )
        return told.info.snapshot_id if capacity.state == CLUSTER_STATE_NOT_CONFIGURED else None

    async def warm(self) -> None:
        """Ask for what most plans need, so that the first of them need not wait for it. Raises UnavailableError or
        DeadlineError when compute does not answer."""
        lists = [self.search_offers(OfferAsk(gpu=gpu)) for gpu in (True, False)]
        await asyncio.gather(self.list_unit_prices(), self.list_gpu_types(), *lists)

    async def estimate_memory(self, cases: Sequence[SizingCase], use: UseOfModel) -> tuple[MemoryEstimate, ...]:
        """Return memory for the cases that can be estimated, in their order."""
        found: list[MemoryEstimate] = []
        for start in range(0, len(cases), MAX_CASES):
            part = cases[start : start + MAX_CASES]
            answer = await self._estimate(self._models.EstimateMemory, models_wire.memory_request(part, use))
            pairs = zip(part, answer.estimates, strict=True)
            found += (models_wire.memory_from_proto(e, case, use) for case, e in pairs if not e.error)
        return tuple(found)

    async def estimate_speed(
        self, cases: Sequence[SizingCase], use: UseOfModel, *, sources: Mapping[str, Provenance]
    ) -> tuple[PerformanceEstimate, ...]:
        """Return speed for the cases that can be estimated, in their order. sources: the record of each model, by
        id."""
        found: list[PerformanceEstimate] = []
        for start in range(0, len(cases), MAX_CASES):
            part = cases[start : start + MAX_CASES]
            answer = await self._estimate(self._models.EstimatePerformance, models_wire.speed_request(part, use))
            pairs = zip(part, answer.estimates, strict=True)
            found += (
                models_wire.speed_from_proto(e, case, use, source=sources[case.model_id])
                for case, e in pairs
                if not e.error
            )
        return tuple(found)

    async def _estimate(self, rpc: Callable[[Any], Awaitable[Any]], request: Message) -> Any:
        """Return the answer to a request for estimates, which are of the snapshot's records and of what is asked."""
        return await self._of_models.get(_mark(request), lambda: call(rpc(request)))

    async def _models_snapshot(self) -> str:
        """Return what answers about models are of: the records, and the vectors that a search compares."""
        told = await call(self._models.GetCatalogInfo(models_pb2.GetCatalogInfoRequest()))
        return f"{told.info.snapshot_id} {told.embedding_space} {told.chunk_count}"

    async def list_unit_prices(self) -> UnitPrices:
        """Return what storage and traffic cost, at every provider that the catalogue has prices of."""
        return await self._memory.get("unit prices", self._list_unit_prices)

    async def _list_unit_prices(self) -> UnitPrices:
        prices, token = list[UnitPrice](), ""
        while True:
            request = ListUnitPricesRequest(page_size=compute_wire.PAGE, page_token=token)
            answer = await call(self._compute.ListUnitPrices(request))
            prices += (compute_wire.unit_price_from_proto(price) for price in answer.unit_prices)
            if not (token := answer.next_page_token):
                return UnitPrices(tuple(prices))

    async def recommend_components(
        self, roles: Sequence[RoleNeed], spec: WorkloadSpec, *, gpu_vendor: str, standing: Standing = NOTHING
    ) -> Components:
        """Return a chart for each role that one fills and that nothing fills that is there already."""
        asked = [r for r in roles if r.wanted or r.role not in standing.held_roles]
        answer = RecommendComponentsResponse()
        while asked:
            request = packages_wire.components_request(asked, spec, gpu_vendor=gpu_vendor, standing=standing)
            answer = await call(self._packages.RecommendComponents(request))
            # What nobody knows how to connect to is no neighbour of the others: they are chosen without it.
            strange = packages_wire.strangers(answer, asked, standing)
            if not strange:
                break
            asked, answer = [r for r in asked if r.role not in strange], RecommendComponentsResponse()
        return packages_wire.components_from_proto(answer, roles, standing)

    async def describe_cluster(self) -> OwnCluster:
        """Return what the user's own cluster has free, or why it offers nothing."""
        return compute_wire.cluster_from_proto(await call(self._cluster.GetCapacity(GetCapacityRequest())))


def _mark(request: Message, *more: str) -> bytes:
    """Return what tells requests apart. A search holds words of a user's, which are not to be kept, so it is a hash."""
    told = request.SerializeToString(deterministic=True)
    return hashlib.sha256(b"\0".join([type(request).__name__.encode(), *map(str.encode, more), told])).digest()
