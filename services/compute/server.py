"""ComputeService on the wire: each method translates, asks the domain, translates back."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from libs.errors import InvalidInputError, NotFoundError, Violation
from libs.paging import Key, decode_page_token, encode_page_token, page_size
from libs.rpc.convert import timestamp_to_proto
from libs.rpc.interceptor import Context
from services.compute.catalogue import Catalogue
from services.compute.cluster.offers import LocalOffers
from services.compute.convert import (
    CATALOG,
    OfferMessages,
    change_to_proto,
    estimate_to_proto,
    gpu_type_to_proto,
    listed_price_to_proto,
    provider_to_proto,
    query_from_proto,
    region_to_proto,
    usage_from_proto,
)
from services.compute.domain.changes import joined, price_changes
from services.compute.domain.estimate import (
    PricedOffer,
    check_usage,
    compute_lines,
    egress_lines,
    listed_prices,
    storage_line,
)
from services.compute.domain.index import OfferIndex
from services.compute.domain.offer import PriceModel, number_of
from services.compute.domain.query import OfferQuery
from services.compute.domain.relaxation import exclusions, relax
from services.compute.domain.search import Page, search
from services.compute.paging import page_of, query_bytes
from services.compute.reference import load_price_lists, load_reference
from services.compute.store import CatalogueStore, PartInfo, ProviderState, Snapshot
from stack8s.common.v1 import catalog_pb2
from stack8s.compute.v1 import compute_service_pb2 as pb
from stack8s.compute.v1 import compute_service_pb2_grpc as pb_grpc

_LOCAL, _LISTED = 0, 1
"""First part of a page key: local results come before those of the catalogue."""
_BEFORE_ALL: Final[Key] = (_LISTED, float("-inf"), -1, 0.0, 0, "0")
_SHOWN_REFUSALS = 100


class ComputeServicer(pb_grpc.ComputeServiceServicer):
    """Answers from the snapshot in memory; only histories ask the database."""

    def __init__(
        self, catalogue: Catalogue, store: CatalogueStore, local: LocalOffers, *, stale_after_s: float
    ) -> None:
        self._catalogue, self._store, self._local = catalogue, store, local
        self._stale_after_s = stale_after_s
        self._messages: OfferMessages | None = None

    async def SearchOffers(self, request: pb.SearchOffersRequest, context: Context) -> pb.SearchOffersResponse:
        """Find offers, best first; when none match, say why and what is near."""
        loaded = self._catalogue.loaded
        query = query_from_proto(request, loaded.vocabulary)
        size = page_size(request.page_size)
        bound_to = query_bytes(request) if request.page_token else b""
        after = _key(decode_page_token(request.page_token, query=bound_to))
        messages = self._messages_of(loaded.index)
        response = pb.SearchOffersResponse(snapshot_id=loaded.index.snapshot_id)

        next_key: Key | None = None
        owned = await self._owned(request, query, size, after if after and after[0] == _LOCAL else None)
        if owned is not None:
            local_messages, page = owned
            response.total_size += page.total
            if not after or after[0] == _LOCAL:
                _add(response, local_messages, page, request)
                next_key = (_LOCAL, *page.next_key) if page.next_key else None
        room = size - len(response.offers)
        page = search(
            loaded.index, query, size=max(room, 1), after=after[1:] if after and after[0] == _LISTED else None
        )
        response.total_size += page.total
        if next_key is None and room:
            _add(response, messages, page, request)
            next_key = (_LISTED, *page.next_key) if page.next_key else None
        elif next_key is None and page.results:
            # The local results fill this page to the last; the next begins the catalogue.
            next_key = (_LISTED,)
        if next_key is not None:
            response.next_page_token = encode_page_token(next_key, query=bound_to or query_bytes(request))
        if not response.total_size:
            response.exclusions.extend(
                pb.Exclusion(field=e.field, excluded_count=e.count) for e in exclusions(loaded.index, query)
            )
            response.relaxations.extend(messages.relaxation(r, query) for r in relax(loaded.index, query))
        return response

    async def _owned(
        self, request: pb.SearchOffersRequest, query: OfferQuery, size: int, after: Key | None
    ) -> tuple[OfferMessages, Page] | None:
        """Return the free capacity of the user's cluster that fits, None when it is not asked for."""
        if not request.prefer_local and PriceModel.OWNED not in query.filter.price_models:
            return None
        index = await self._local.index()
        if index is None:
            return None
        owned = replace(query, filter=replace(query.filter, price_models=(PriceModel.OWNED,)))
        return OfferMessages(index), search(index, owned, size=size, after=after[1:] if after else None)

    async def GetOffer(self, request: pb.GetOfferRequest, context: Context) -> pb.GetOfferResponse:
        """Return one offer."""
        index, row = await self._find(request.offer_id)
        return pb.GetOfferResponse(offer=OfferMessages(index).offer(row))

    async def ListGpuTypes(self, request: pb.ListGpuTypesRequest, context: Context) -> pb.ListGpuTypesResponse:
        """List accelerator types by name."""
        reference = load_reference()
        vendors = sorted({t.vendor for t in reference.gpus.types.values()})
        vendor = request.vendor.strip().lower()
        unknown = Violation("vendor", f"is {vendor[:100]!r}; must be one of {', '.join(vendors)}")
        types = sorted(
            (t for t in reference.gpus.types.values() if not vendor or t.vendor == vendor), key=lambda t: t.name
        )
        page, token = page_of(
            types, lambda t: (t.name,), request, bad=[unknown] if vendor and vendor not in vendors else []
        )
        aliases = {t.name: _aliases(t.name, t.family) for t in page}
        snapshot_id = self._catalogue.loaded.index.snapshot_id
        return pb.ListGpuTypesResponse(
            gpu_types=[gpu_type_to_proto(t, aliases[t.name], snapshot_id) for t in page],
            next_page_token=token,
            total_size=len(types),
        )

    async def ListProviders(self, request: pb.ListProvidersRequest, context: Context) -> pb.ListProvidersResponse:
        """List providers by id."""
        providers = self._catalogue.loaded.providers
        page, token = page_of(providers, lambda p: (p.provider,), request)
        messages = [provider_to_proto(p) for p in page]
        return pb.ListProvidersResponse(providers=messages, next_page_token=token, total_size=len(providers))

    async def ListRegions(self, request: pb.ListRegionsRequest, context: Context) -> pb.ListRegionsResponse:
        """List regions by provider and id."""
        provider = load_reference().provider_id(request.provider) if request.provider else ""
        regions = [r for r in self._catalogue.loaded.regions if not provider or r[0].provider == provider]
        page, token = page_of(regions, lambda r: (r[0].provider, r[0].region), request)
        messages = [region_to_proto(region, count) for region, count in page]
        return pb.ListRegionsResponse(regions=messages, next_page_token=token, total_size=len(regions))

    async def ListUnitPrices(self, request: pb.ListUnitPricesRequest, context: Context) -> pb.ListUnitPricesResponse:
        """List what storage and traffic cost, by provider and kind."""
        reference = load_reference()
        provider = reference.provider_id(request.provider) if request.provider else ""
        known = listed_prices(load_price_lists(), reference.regions)
        prices = [price for price in known if not provider or price.provider == provider]
        page, token = page_of(prices, lambda p: (p.provider, p.kind, p.at), request)
        snapshot_id = self._catalogue.loaded.index.snapshot_id
        messages = [listed_price_to_proto(price, snapshot_id) for price in page]
        return pb.ListUnitPricesResponse(unit_prices=messages, next_page_token=token, total_size=len(prices))

    async def EstimateCost(self, request: pb.EstimateCostRequest, context: Context) -> pb.EstimateCostResponse:
        """Price machines, storage and traffic line by line."""
        compute, storage, egress = usage_from_proto(request)
        check_usage(compute, storage, egress)
        index, reference, prices = self._catalogue.loaded.index, load_reference(), load_price_lists()
        lines = []
        for use in compute:
            holder, row = await self._find(use.offer_id)
            lines += compute_lines(use, PricedOffer(holder.offer(row), holder.spot_micros(row)))
        for kept in storage:
            lines.append(storage_line(replace(kept, provider=reference.provider_id(kept.provider)), prices))
        for sent in egress:
            known = replace(sent, provider=reference.provider_id(sent.provider))
            lines += egress_lines(known, prices, reference.regions)
        return estimate_to_proto(lines, index.snapshot_id)

    async def GetCatalogInfo(self, request: pb.GetCatalogInfoRequest, context: Context) -> pb.GetCatalogInfoResponse:
        """Tell what the catalogue holds, how fresh it is and what it refused."""
        loaded = self._catalogue.loaded
        states = await self._store.list_states()
        snapshots = await self._store.list_snapshots()
        refused = await self._store.list_refusals(limit=_SHOWN_REFUSALS)
        info = catalog_pb2.CatalogInfo(
            catalog=CATALOG,
            snapshot_id=loaded.index.snapshot_id,
            record_count=len(loaded.index),
            refused=[
                catalog_pb2.RefusedRecord(source=r.provider, location=r.location, reason=r.reason) for r in refused
            ],
            refused_count=sum(s.refused_count for s in states.values()),
            snapshots=[_snapshot_to_proto(s) for s in snapshots],
        )
        if loaded.parts:
            info.oldest_as_of.CopyFrom(timestamp_to_proto(min(p.oldest_as_of for p in loaded.parts)))
            info.newest_as_of.CopyFrom(timestamp_to_proto(max(p.newest_as_of for p in loaded.parts)))
        if published := next((s for s in snapshots if str(s.snapshot_id) == loaded.index.snapshot_id), None):
            info.publish_time.CopyFrom(timestamp_to_proto(published.published_at))
        offered = {p.provider for p in loaded.parts}
        for part in loaded.parts:
            unsaid = ProviderState(part.provider, "ok", "", 0)
            info.sources.append(self._source(part, states.get(part.provider, unsaid)))
        for state in states.values():
            if state.provider not in offered:
                info.sources.add(
                    name=state.provider, state=state.state, message=state.message, refused_count=state.refused_count
                )
        return pb.GetCatalogInfoResponse(info=info)

    async def ListPriceChanges(
        self, request: pb.ListPriceChangesRequest, context: Context
    ) -> pb.ListPriceChangesResponse:
        """List offers whose price changed between two kept snapshots."""
        kept = [str(s.snapshot_id) for s in await self._store.list_snapshots()]
        newer = request.to_snapshot_id or (kept[0] if kept else "")
        older = (
            request.from_snapshot_id or next((k for k in kept if int(k) < int(newer)), newer) if newer in kept else ""
        )
        for field, wanted in (("to_snapshot_id", newer), ("from_snapshot_id", older)):
            if wanted not in kept:
                raise NotFoundError(f"no snapshot {wanted[:50]!r} is kept ({field})", snapshot_id=wanted[:50])
        provider = load_reference().provider_id(request.provider) if request.provider else ""
        before = {p.part_id: p for p in await self._store.list_parts(int(older)) if provider in ("", p.provider)}
        after = {p.part_id: p for p in await self._store.list_parts(int(newer)) if provider in ("", p.provider)}
        old = joined([await self._store.load_prices(p) for i, p in before.items() if i not in after])
        new = joined([await self._store.load_prices(p) for i, p in after.items() if i not in before])
        changes = price_changes(old, new)
        page, token = page_of(changes, lambda c: (-c.weight, c.number), request)
        messages = [change_to_proto(c, self._messages_of(self._catalogue.loaded.index)) for c in page]
        return pb.ListPriceChangesResponse(changes=messages, next_page_token=token, total_size=len(changes))

    def _messages_of(self, index: OfferIndex) -> OfferMessages:
        if self._messages is None or self._messages.index is not index:
            self._messages = OfferMessages(index)
        return self._messages

    async def _find(self, offer_id: str) -> tuple[OfferIndex, int]:
        """Return the index that holds an offer, the catalogue's or the cluster's, and its position there."""
        number = number_of(offer_id)
        for index in (self._catalogue.loaded.index, await self._local.index()):
            row = None if number is None or index is None else index.find(number)
            if index is not None and row is not None:
                return index, row
        raise NotFoundError(f"no offer {offer_id[:50]!r}; SearchOffers gives the ids", offer_id=offer_id[:50])

    def _source(self, part: PartInfo, state: ProviderState) -> catalog_pb2.CatalogSource:
        stale = time.time() - part.oldest_as_of.timestamp() > self._stale_after_s
        as_of: Timestamp = timestamp_to_proto(part.oldest_as_of)
        return catalog_pb2.CatalogSource(
            name=part.provider,
            record_count=part.offer_count,
            as_of=as_of,
            stale=stale,
            state=state.state,
            message=state.message,
            refused_count=state.refused_count,
        )


def _add(
    response: pb.SearchOffersResponse, messages: OfferMessages, page: Page, request: pb.SearchOffersRequest
) -> None:
    if request.offers_only:
        response.offers.extend(messages.offer(found.row) for found in page.results)
        return
    for found in page.results:
        result = messages.result(found)
        response.offers.append(result.offer)
        response.results.append(result)


def _key(after: Key | None) -> Key | None:
    """Return a page key as ranking wants it. Raises InvalidInputError for one that is of no use."""
    if after is None:
        return None
    if list(after) == [_LISTED]:
        return _BEFORE_ALL
    try:
        place, score, price, memory, gpus, number = after
        if place not in (_LOCAL, _LISTED) or not 0 <= int(number or 0) < 2**64:
            raise ValueError("not a key")
        return (place, float(score or 0), int(price or 0), float(memory or 0), int(gpus or 0), str(int(number or 0)))
    except (ValueError, OverflowError):
        raise InvalidInputError([Violation("page_token", "is not a token of this service")]) from None


def _aliases(name: str, family: str) -> Sequence[str]:
    found = [alias for alias, target in load_reference().gpu_aliases.items() if target in (name, family)]
    return sorted({*found, family} - {name})


def _snapshot_to_proto(snapshot: Snapshot) -> catalog_pb2.SnapshotSummary:
    return catalog_pb2.SnapshotSummary(
        snapshot_id=str(snapshot.snapshot_id),
        publish_time=timestamp_to_proto(snapshot.published_at),
        record_count=snapshot.offer_count,
    )
