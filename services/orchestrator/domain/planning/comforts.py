"""What a choice keeps to beside the wishes, as long as they leave room for it: large GPUs and an early end of a run,
copies on one machine, nobody waiting, no machines of private hosts; the server that was asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from services.orchestrator.domain.candidates import GpuType, Offer
from services.orchestrator.domain.plan import WorkloadKind
from services.orchestrator.domain.planning import triton
from services.orchestrator.domain.planning.needs import Needs
from services.orchestrator.domain.planning.options import Option
from services.orchestrator.domain.planning.places import MARKETPLACES, NO_KUBERNETES

LONG_HOURS: Final = (730.0, 2190.0)
"""A run that cannot end within a week should end within a month, or a quarter of a year."""


class Comfort(NamedTuple):
    """What is kept to as long as the wishes leave room for it."""

    offers: frozenset[str] | None
    """Ids of the offers to choose from; None means all."""
    hours: float | None = None
    """A run ends within this."""
    whole: bool = False
    """A copy of a service sits on one machine."""
    flowing: bool = False
    """Nobody waits: answers flow as fast as people read or speak."""

    def of(self, options: list[Option]) -> list[Option]:
        """Return the options that are as comfortable; flowing is seen to where options are made."""
        if (ids := self.offers) is not None:
            options = [o for o in options if o.offer.offer_id in ids]
        if soon := self.hours:
            options = [o for o in options if o.run_hours is not None and o.run_hours <= soon]
        if self.whole:
            options = [o for o in options if o.memory is None or o.memory.gpus <= max(o.offer.gpu_count, 1)]
        return options


def comforts_of(needs: Needs, offers: tuple[Offer, ...], types: Mapping[str, GpuType]) -> Iterator[Comfort]:
    """Yield what to choose from, most comfortable first: of a run large GPUs and an early end, of a service
    copies on one machine and nobody waiting; of both no machines of private hosts. The server that was asked for is
    given up after all other comfort."""
    calm = [o for o in offers if o.provider not in MARKETPLACES or o.provider in needs.providers]
    if needs.imaging:  # whoever keeps patients' images has to know where
        calm = [o for o in calm if o.country or o.provider == "local"] or calm
    if needs.clustered:  # the components are in a cluster, and so should the workload be
        calm = [o for o in calm if o.provider not in NO_KUBERNETES or o.provider in needs.providers] or calm
    steady = frozenset(o.offer_id for o in calm)
    large = frozenset(o.offer_id for o in calm if o.gpu_memory_gib >= needs.comfort_gib)
    flowing = bool(needs.flowing_tokens_per_second or needs.wait_ms)
    if needs.triton:
        for some in (calm, offers):
            fit = frozenset(o.offer_id for o in some if _takes_triton(o, needs, types))
            yield from (Comfort(fit, whole=True, flowing=flows) for flows in ((True, False) if flowing else (False,)))
    if needs.kind is WorkloadKind.SERVING:
        if flowing:
            yield Comfort(steady, whole=True, flowing=True)
        yield Comfort(steady, whole=True)
    if needs.comfort_gib:
        yield Comfort(large, needs.comfort_hours)
    if needs.comfort_hours:
        yield from (Comfort(steady, hours) for hours in (needs.comfort_hours, *LONG_HOURS))
    if needs.comfort_gib:
        yield Comfort(large)
    yield Comfort(steady)
    yield Comfort(None)


def _takes_triton(offer: Offer, needs: Needs, types: Mapping[str, GpuType]) -> bool:
    gpu = types.get(offer.gpu_type)
    return triton.runs_on(needs.task, gpu, gpu.vendor if gpu else "nvidia" if offer.gpu_count else "")
