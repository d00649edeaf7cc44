"""Memory and speed of models on the machines there are, asked of the models catalogue."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Final

from libs.provenance import Provenance
from services.orchestrator.calls import Calls
from services.orchestrator.catalogs.protocol import Catalogs
from services.orchestrator.domain.candidates import (
    Candidates,
    GpuType,
    MemoryEstimate,
    ModelCandidate,
    Offer,
    PerformanceEstimate,
)
from services.orchestrator.domain.plan import WorkloadKind
from services.orchestrator.domain.planning import asks, batches, choose
from services.orchestrator.domain.planning.layouts import SpeedKey
from services.orchestrator.domain.planning.needs import Needs
from services.orchestrator.domain.planning.sizes import Rank

MAX_SPEED_ROUNDS: Final = 3
"""How often speeds are asked for while nothing keeps every wish."""


class Sizing:
    """Sizes and times the models of one request; keeps the speeds of single copies that it was told."""

    def __init__(self, wanted: Needs, catalogs: Catalogs, calls: Calls, chooser: choose.Chooser) -> None:
        self._wanted, self._catalogs, self._calls, self._chooser = wanted, catalogs, calls, chooser
        self._use = asks.use_of(wanted)
        self._speeds: tuple[PerformanceEstimate, ...] = ()
        self._asked: set[SpeedKey] = set()
        self._machines: tuple[tuple[Offer, ...], ...] = ((), ())
        self._shelves: batches.Shelves = {}

    async def add(self, candidates: Candidates, models: Sequence[ModelCandidate]) -> Candidates:
        """Return candidates with the memory of models on every GPU type there is, and their speed on CPUs."""
        offers = (*candidates.offers, *candidates.offers_elsewhere)
        offered = _offered(offers, candidates.gpu_types)
        cases = asks.memory_cases(self._wanted, models, offered)
        on_cpus = asks.cpu_speed_cases(self._wanted, models, offers)
        sources = {m.model_id: m.provenance for m in models}
        memory, _ = await asyncio.gather(self._memory(cases), self._time(on_cpus, sources))
        sized = asks.sized_alike(self._wanted, memory, offered)
        return self._timed(replace(candidates, memory=(*sized, *candidates.memory)))

    async def time(self, candidates: Candidates, choices: choose.Choices) -> tuple[Candidates, choose.Choices]:
        """Return candidates with the speed of the options that stand to be chosen, and the choice among them; asked
        again only where speed moved the choice elsewhere.

        choices: made without the speeds of a job, so that those known do not decide against the rest.
        """
        sources = {m.model_id: m.provenance for m in candidates.models}
        stale = self._wanted.kind is not WorkloadKind.SERVING
        quality, beyond, hopeless = _quality(choices), 1, 0
        while True:
            contenders = choose.contenders(self._wanted, choices)
            if quality != (quality := _quality(choices)) and choices.feasible:
                # Speed ruled a quality out, as it may the next ones: they are not asked one by one.
                beyond *= 2
                contenders = (*contenders, *self._chooser.lesser(candidates, choices, beyond))
            cases = [c for c in asks.speed_cases(self._wanted, candidates, contenders) if c.key not in self._asked]
            hopeless += not choices.feasible
            # What keeps every wish is never chosen unasked: its speed may yet rule it out.
            if not cases or hopeless > MAX_SPEED_ROUNDS:
                break
            self._asked.update(c.key for c in cases)
            await self._time(cases, sources)
            candidates, stale = self._timed(candidates), True
            if not choose.speed_moves(self._wanted):
                break
            choices, stale = self._choose(candidates, choices), False
        choices = self._choose(candidates, choices) if stale else choices
        return candidates, choose.settled(self._wanted, choices)

    def _choose(self, candidates: Candidates, before: choose.Choices) -> choose.Choices:
        """Return the choice anew. What a service lacks no speed brings, so only a job may become feasible by it."""
        hopeless = not before.feasible and self._wanted.kind is WorkloadKind.SERVING
        return self._chooser.choose(candidates, hopeless=hopeless)

    async def _memory(self, cases: Sequence[asks.SizingCase]) -> tuple[MemoryEstimate, ...]:
        nothing: tuple[MemoryEstimate, ...] = ()
        if not cases:
            return nothing
        pending = self._catalogs.estimate_memory(cases, self._use)
        return await self._calls.ask("models.EstimateMemory", f"{len(cases)} cases", pending, nothing)

    async def _time(self, cases: Sequence[asks.SizingCase], sources: Mapping[str, Provenance]) -> None:
        nothing: tuple[PerformanceEstimate, ...] = ()
        if cases:
            pending = self._catalogs.estimate_speed(cases, self._use, sources=sources)
            self._speeds += await self._calls.ask("models.EstimatePerformance", f"{len(cases)} cases", pending, nothing)

    def _timed(self, candidates: Candidates) -> Candidates:
        known = replace(candidates, performance=self._speeds)
        if self._wanted.kind is not WorkloadKind.BATCH:
            return known
        machines = (candidates.offers, candidates.offers_elsewhere)
        if any(a is not b for a, b in zip(machines, self._machines, strict=True)):
            self._machines, self._shelves = machines, batches.shelves_of(self._wanted, chain(*machines))
        return replace(known, performance=batches.batch_speeds(self._wanted, known, self._shelves))


def _quality(choices: choose.Choices) -> Rank | None:
    """Return the quality that can be had as far as is known; None when nothing keeps every wish."""
    return choices.feasible[0].rank if choices.feasible else None


def _offered(offers: Iterable[Offer], types: Mapping[str, GpuType]) -> tuple[GpuType, ...]:
    """Return the GPU types that can be rented, by name. A type the catalogue does not know cannot be sized."""
    return tuple(types[name] for name in sorted({o.gpu_type for o in offers}) if name in types)
