"""A training run on a GPU type: on how many GPUs, sharded how, and whether it fits whatever was not said.

The estimate takes the usual setting for what was not said. The verdict does not rely on that where a run was described:
a micro-batch or a length was named, and recomputing activations was not, so it is judged with them kept. What fits by
the usual settings, but not by the defaults of common trainers, is borderline.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from services.models.domain.sizing.architecture import Complete
from services.models.domain.sizing.capacity import Capacity, single, usable_bytes
from services.models.domain.sizing.cases import Sized, Usage
from services.models.domain.sizing.estimates import MemoryEstimate
from services.models.domain.sizing.shapes import PICTURES, GpuShape
from services.models.domain.sizing.steps import Steps
from services.models.domain.sizing.terms import GIB, Assumption
from services.models.domain.sizing.training import held_by, passed_by, run_of
from services.models.domain.sizing.training_formulas import Held, Run
from services.models.domain.sizing.training_plan import TrainingPlan, passes_alone
from services.models.domain.sizing.training_ways import (
    COMMON_GPU,
    KEPT,
    ON_GPU,
    STAGE_2,
    WIDE,
    counts_for,
    graver_defaults,
    is_described,
    other_defaults,
    plan_of,
    settled_on,
    with_copies,
    with_one_sample,
    with_whole_weights,
)

_UNEVEN = "samples of ever new lengths, which leave blocks of memory that PyTorch does not merge (packing avoids them)"
_RESERVED = 3.0
"""Memory that PyTorch reserves for what a pass takes, in that, where each sample has another length: a longer one needs
blocks of its own beside those of shorter ones. By its allocator's rules (best fit, splitting, blocks of 2 MiB;
c10/cuda/CUDACachingAllocator.cpp) 2.3 to 4.5 over 150 steps of recomputing decoders with log-normal lengths. Before it
fails it returns whole blocks, not split ones.
"""


@dataclass(frozen=True, slots=True)
class Judged:
    """An estimate, and the bytes on one GPU that the verdict counts: as many or more. most_bytes: by other defaults for
    what was not said; a fit that they would turn is borderline.
    """

    estimate: MemoryEstimate
    need_bytes: float
    most_bytes: float = 0.0

    def on(self, gpu: GpuShape | None, *, stated: bool) -> Sized:
        """Return the answer for this GPU. stated: whether the number of GPUs was."""
        return Sized(self.estimate, self._capacity(gpu, stated=stated) if gpu else None)

    def _capacity(self, gpu: GpuShape, *, stated: bool) -> Capacity:
        return single(self.estimate, gpu, stated=stated, need=self.need_bytes, most=self.most_bytes)

    def noting(self, *notes: Assumption) -> Judged:
        """Return the same with these assumptions before those of the estimate."""
        return replace(self, estimate=self.estimate.noting(*notes))


def judged_by(estimate: MemoryEstimate, most: float, why: str = KEPT) -> Judged:
    """Return the estimate judged on the bytes of another run, by what was not said, which the answer then tells."""
    need, notes = _beyond(estimate.per_gpu_bytes, most, why)
    return Judged(estimate.noting(*notes), need)


def _beyond(usual: float, most: float, why: str) -> tuple[float, tuple[Assumption, ...]]:
    """Return the bytes that the verdict counts, and what is said of them where they are not the usual ones."""
    if most <= usual:
        return usual, ()
    note = Assumption("fits", f"judged on {most / GIB:.1f} GiB a GPU", f"{why}; otherwise {usual / GIB:.1f} GiB")
    return most, (note,)


def hedged_by(judged: Judged, most: float, why: str) -> Judged:
    """Return the run with the most that it takes by another default for what was not said, where that is the most."""
    most_bytes, notes = at_most(max(judged.need_bytes, judged.most_bytes), most, why)
    return replace(judged.noting(*notes), most_bytes=most_bytes) if notes else judged


def at_most(need: float, most: float, why: str) -> tuple[float, tuple[Assumption, ...]]:
    """Return the most bytes by another default, and what is said of them; 0 where the verdict counts as many."""
    if most <= need:
        return 0.0, ()
    note = Assumption("fits", f"up to {most / GIB:.1f} GiB a GPU", f"borderline where that does not fit: {why}")
    return most, (note,)


class _Tried(NamedTuple):
    """A run, the bytes on one GPU that the verdict counts, and what is said of these and of the plan."""

    run: Run
    need_bytes: float
    notes: tuple[Assumption, ...]


@dataclass(slots=True, eq=False)
class _Verdict:
    """A run that was chosen, as it is judged. holds: whether the GPUs hold it; notes: what is said before the run's own
    assumptions. hedged: the most bytes, as of `Judged`, and all that is said; it and estimate once they were asked for,
    each set at once, as requests share a verdict.
    """

    usual: Run
    tried: _Tried
    holds: bool
    notes: tuple[Assumption, ...]
    hedged: tuple[float, tuple[Assumption, ...]] | None = None
    estimate: MemoryEstimate | None = None


class Trials:
    """A model that is trained in one way, tried on one count of GPUs after another. What was tried is kept for the next
    GPU type, and so is its estimate, the same object.
    """

    __slots__ = ("_gpus", "_held", "_judged", "_model", "_plan", "_tried")

    def __init__(self, model: Complete, usage: Usage, gpus: int) -> None:
        """gpus: how many were stated; 0 for as many as it needs."""
        self._model, self._plan, self._gpus = model, plan_of(usage, gpus, steers=model.shape.steers), gpus
        self._held: dict[TrainingPlan, Held] = {}
        self._tried: dict[TrainingPlan, _Tried] = {}
        self._judged: dict[tuple[TrainingPlan, bool], _Verdict] = {}

    def on(self, gpu: GpuShape | None) -> Steps[Sized]:
        """Return the answer for this GPU type: the run is chosen, then hedged, then put in words."""
        verdict = self._choose(gpu)
        yield
        if verdict.hedged is None:
            most, told = self._most(verdict.usual, verdict.tried) if verdict.holds else (0.0, ())
            verdict.hedged = most, (*verdict.notes, *told, *verdict.tried.notes)
        most, notes = verdict.hedged
        yield
        if verdict.estimate is None:
            verdict.estimate = verdict.tried.run.estimate(*notes)
        judged = Judged(verdict.estimate, verdict.tried.need_bytes, most)
        return judged.on(gpu, stated=bool(self._gpus))

    def _choose(self, gpu: GpuShape | None) -> _Verdict:
        """Return the run on the stated GPUs, or on the fewest of this type that hold it. Adapters over several
        GPUs are replicated where one GPU holds their weights; of full training on stated GPUs each holds all weights if
        it can (ZeRO 2); all else is sharded fully.
        """
        plan, gpus = self._plan, self._gpus
        if gpus and plan.method != "full" and plan.zero_stage is None and not plan.framework.whole_gradients:
            copied = with_copies(plan)
            copies = self._try(copied, gpus)
            holds = gpu is None or copies.need_bytes <= usable_bytes(gpu, training=True)
            if gpu is None or holds or copies.run.held.states.weights < gpu.memory_bytes:
                return self._judge(copied, gpus, holds=holds)
        whole = with_whole_weights(plan) if gpus else None
        if whole and self._try(whole, gpus).need_bytes <= usable_bytes(gpu or COMMON_GPU, training=True):
            return self._judge(whole, gpus, holds=True, notes=(STAGE_2,))
        if gpu is None:
            return self._judge(plan, gpus or plan.tensor_parallel, holds=True)
        return self._share(gpu, (gpus,) if gpus else counts_for(plan))

    def _share(self, gpu: GpuShape, counts: Sequence[int]) -> _Verdict:
        """Return the run on the first of these counts of GPUs that holds it, else on the last one."""
        plan, room, shared = self._plan, usable_bytes(gpu, training=True), 0.0
        for count in counts:
            last = count == counts[-1]
            if shared / count > room and not last:
                continue
            held = self._hold(settled_on(plan, count)[0])
            # So much is on all of them together, however many: fewer than have room for it need not be tried.
            shared = (held.states.weights + held.states.optimizer) * count
            if held.bytes > room and not last:
                continue
            tried = self._try(plan, count)
            if tried.need_bytes <= room:
                return self._judge(plan, count, holds=True)
            fewer = plan.batch_size is None and tried.run.batch > 1
            if fewer and self._try(plan, count, one_sample=True).need_bytes <= room:
                return self._judge(plan, count, holds=True, one_sample=True)
        return self._judge(plan, count, holds=False, one_sample=fewer)

    def _hold(self, plan: TrainingPlan) -> Held:
        """Return what a GPU holds by a plan that is settled."""
        found = self._held.get(plan)
        if found is None:
            found = self._held[plan] = held_by(self._model, plan)
        return found

    def _try(self, plan: TrainingPlan, gpus: int, *, one_sample: bool = False) -> _Tried:
        """Return the run on so many GPUs, and what the verdict counts. one_sample: a step on each GPU."""
        settled, notes = settled_on(plan, gpus)
        passed = with_one_sample(settled) if one_sample else settled
        found = self._tried.get(passed)
        if found is None:
            run = passed_by(self._hold(settled), passed)
            need, told = run.per_gpu_bytes, tuple[Assumption, ...]()
            defaults = graver_defaults(passed, described=is_described(self._plan))
            others = {why: self._other(run.held, other) for why, other in defaults.items()}
            if others:
                why = max(others, key=lambda name: others[name].per_gpu_bytes)
                need, told = _beyond(need, others[why].per_gpu_bytes, why)
            found = self._tried[passed] = _Tried(run, need, (*told, *notes))
        return found

    def _other(self, held: Held, plan: TrainingPlan) -> Run:
        """Return the run by a plan that differs in what was not said."""
        return passed_by(held, plan) if passes_alone(held.settings.plan, plan) else run_of(self._model, plan)

    def _judge(
        self,
        plan: TrainingPlan,
        gpus: int,
        *,
        holds: bool,
        one_sample: bool = False,
        notes: tuple[Assumption, ...] = (),
    ) -> _Verdict:
        """Return the run on so many GPUs and, where these hold it, the most that it takes by other defaults."""
        tried = usual = self._try(plan, gpus)
        if one_sample:
            tried = self._try(plan, gpus, one_sample=True)
            why = f"not said; {usual.run.batch} do not fit on each GPU"
            notes = (Assumption("batch_size", "1", why),)
        found = self._judged.get((tried.run.plan, holds))
        if found is None:
            found = self._judged[tried.run.plan, holds] = _Verdict(usual.run, tried, holds, notes)
        return found

    def _most(self, usual: Run, tried: _Tried) -> tuple[float, tuple[Assumption, ...]]:
        """Return the most bytes that a run takes by other defaults than the usual ones, and the note of it."""
        shape = self._model.shape
        decoder = shape.arch == "decoder"
        defaults = other_defaults(usual.plan, decoder=decoder, steers=shape.steers, sees=shape.sees)
        found = {why: self._other(usual.held, other) for why, other in defaults.items()}
        others = {why: run.per_gpu_bytes for why, run in found.items()}
        if PICTURES in found:
            others[PICTURES] = _uneven(found[PICTURES])
        if not usual.plan.framework.even:
            others[_UNEVEN] = max(map(_uneven, (tried.run, *(found[why] for why in found.keys() & {ON_GPU, WIDE}))))
        why = max(others, key=others.__getitem__, default="")
        return at_most(tried.need_bytes, others[why], why) if why else (0.0, ())


def _uneven(run: Run) -> float:
    """Return the bytes that one GPU reserves where each sample has another length."""
    return run.per_gpu_bytes + (_RESERVED - 1) * run.varying_bytes
