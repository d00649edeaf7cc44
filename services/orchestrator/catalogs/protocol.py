"""What the architect asks of the catalogues; the answers are candidates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from libs.provenance import Provenance
from services.orchestrator.domain.candidates import (
    ChartCandidate,
    FoundModels,
    GpuType,
    MemoryEstimate,
    Offer,
    OwnCluster,
    PerformanceEstimate,
    UnfilledRole,
)
from services.orchestrator.domain.plan import InstalledComponent
from services.orchestrator.domain.planning.asks import ModelAsk, OfferAsk, SizingCase, UseOfModel
from services.orchestrator.domain.planning.components import RoleNeed
from services.orchestrator.domain.planning.standing import NOTHING, Standing
from services.orchestrator.domain.prices import UnitPrices
from services.orchestrator.domain.spec import WorkloadSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Components:
    """Charts for the roles of a stack, and what does not go together."""

    charts: tuple[ChartCandidate, ...]
    conflicts: tuple[str, ...] = ()
    installed: tuple[InstalledComponent, ...] = ()
    """What is there already and fills roles that were asked for."""
    unfilled: tuple[UnfilledRole, ...] = ()


class Catalogs(Protocol):
    """The catalogues. Every method raises UnavailableError or DeadlineError when its catalogue does not answer."""

    async def search_models(self, ask: ModelAsk) -> FoundModels:
        """Return models, best first, and why there are none or not all that were asked for."""

    async def list_gpu_types(self) -> tuple[GpuType, ...]:
        """Return all accelerator types, by name."""

    async def search_offers(self, ask: OfferAsk) -> tuple[Offer, ...]:
        """Return the machines of a search, cheapest first."""

    async def estimate_memory(self, cases: Sequence[SizingCase], use: UseOfModel) -> tuple[MemoryEstimate, ...]:
        """Return memory for the cases that can be estimated, in their order."""

    async def estimate_speed(
        self, cases: Sequence[SizingCase], use: UseOfModel, *, sources: Mapping[str, Provenance]
    ) -> tuple[PerformanceEstimate, ...]:
        """Return speed for the cases that can be estimated, in their order. sources: the record of each model, by
        id."""

    async def list_unit_prices(self) -> UnitPrices:
        """Return what storage and traffic cost, at every provider that the catalogue has prices of."""

    async def recommend_components(
        self, roles: Sequence[RoleNeed], spec: WorkloadSpec, *, gpu_vendor: str, standing: Standing = NOTHING
    ) -> Components:
        """Return a chart for each role that one fills and that nothing fills that is there already."""

    async def describe_cluster(self) -> OwnCluster:
        """Return what the user's own cluster has free, or why it offers nothing."""
