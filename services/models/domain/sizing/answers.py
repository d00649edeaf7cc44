"""The memory of a case and the verdict on its GPU, whatever the kind of model and use."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Final, NamedTuple

from services.models.domain.sizing.architecture import Complete, complete
from services.models.domain.sizing.at_once import AtOnce, left_out
from services.models.domain.sizing.capacity import size_on
from services.models.domain.sizing.cases import INFERENCE, Case, Sized, Usage
from services.models.domain.sizing.demand import (
    BATCHES,
    BATCHES_IN_PLACE,
    BATCHES_WITH_16BIT_LOGITS,
    CHUNKS,
    INPUTS,
    LOGITS_WITH_COPY,
    WHOLE,
    Demand,
    Passes,
    demand,
    need_line,
)
from services.models.domain.sizing.engine_names import (
    engine_of,
    is_known,
    slices_logits,
    unknown_engine,
    writes_cache_in_place,
)
from services.models.domain.sizing.estimates import MemoryEstimate, published_estimate
from services.models.domain.sizing.inference import Ask, ask_for, estimate_inference, serving_estimate
from services.models.domain.sizing.parallelism import Split
from services.models.domain.sizing.pixels import judged_pixels
from services.models.domain.sizing.shapes import PAIRING, PICTURE_TOKENS, PICTURES, GpuShape, ModelShape
from services.models.domain.sizing.sight import seeing
from services.models.domain.sizing.steps import Steps, to_end
from services.models.domain.sizing.terms import GIB, Assumption
from services.models.domain.sizing.training_runs import Judged, Trials, at_most

_UNSAID: Final = "the engine was not said; some pass a prompt whole and keep the logits of all its tokens"
_SEEN: Final = frozenset({"cnn", "unet3d", "pair", "diffusion"})
"""Networks over pixels, voxels or residues."""


def size(case: Case) -> Sized:
    """Return the memory of the case and the verdict on its GPU. Raises ValueError for inputs that make no sense."""
    return Question(case).on(case.gpu, case.gpus)


class _Serving(NamedTuple):
    """A load and how it goes through. judged, beyond: the passes that the verdict counts of prompts of up to a
    chunk and of longer ones; why: set where those of this load are larger than the estimate's. by_layers: GPUs share
    out layers.
    """

    ask: Ask
    judged: Passes
    beyond: Passes
    why: str
    by_layers: bool


class Question:
    """A case as it is put to one GPU type after another. What does not depend on the GPU is worked out once, and GPUs
    that share the model alike have one estimate, the same object.
    """

    __slots__ = ("_at_once", "_estimates", "_model", "_seen", "_served", "_trained", "case")

    def __init__(self, case: Case) -> None:
        """Take the case; its GPU does not matter."""
        self.case = seeing(case)
        self._model: Complete | None = None
        self._served: tuple[Demand, _Serving] | None = None
        self._trained: dict[int, Trials] = {}
        self._seen: dict[int, tuple[Judged, MemoryEstimate]] = {}
        self._at_once: AtOnce | None = None
        self._estimates: dict[tuple[Split, float], MemoryEstimate] = {}

    def on(self, gpu: GpuShape | None, gpus: int = 0) -> Sized:
        """Return the memory and the verdict on so many GPUs, or (0) on the fewest that fit; None: one device, no
        verdict. Raises ValueError for inputs that make no sense.
        """
        return to_end(self.steps(gpu, gpus))

    def steps(self, gpu: GpuShape | None, gpus: int = 0) -> Steps[Sized]:
        """Work out the same in steps, of which the last one puts it in words."""
        case = self.case
        if case.shape.arch in _SEEN:
            sized = self._see(case.shape, gpu, gpus)
        elif case.usage.workload != INFERENCE and case.shape.task == PAIRING:
            sized = self._see(case.shape._replace(arch="cnn"), gpu, gpus)
        elif case.usage.workload != INFERENCE:
            sized = yield from self._train(gpu, gpus)
        elif gpu is None:
            sized = Sized(self._stated(_alone(case.shape, case.usage, gpus or 1)), None)
        else:
            sized = yield from self._serve(gpu, gpus)
        if case.published is None or gpu is None or sized.capacity is None:
            return sized
        # A stated requirement means a card of that size, so it needs no margin of ours.
        need, room = max(sized.estimate.per_gpu_bytes, 0.0), gpu.memory_bytes
        fits = need <= room
        most = max(sized.capacity.max_concurrency, int(case.usage.workload == INFERENCE)) if fits else 0
        capacity = sized.capacity._replace(
            fits=fits,
            per_gpu_bytes=need,
            headroom_bytes=room - need,
            usable_bytes=room,
            max_concurrency=most,
        )
        return Sized(sized.estimate, capacity)

    def _stated(self, estimate: MemoryEstimate) -> MemoryEstimate:
        """Return the estimate, with the requirement that the record states in its place where there is one."""
        stated = self.case.published
        return published_estimate(estimate, stated.bytes, stated.basis, stated.source) if stated else estimate

    def _complete(self) -> Steps[Complete]:
        if self._model is None:
            self._model = complete(self.case.shape)
        yield
        return self._model

    def _serve(self, gpu: GpuShape, gpus: int) -> Steps[Sized]:
        model = yield from self._complete()
        if self._served is None:
            self._served = _put(model, self.case.usage)
        needs, served = self._served
        yield
        load = served.ask.load
        capacity = size_on(
            needs,
            gpu,
            context_tokens=load.context_tokens,
            concurrency=load.concurrency,
            gpus=gpus,
            passes=served.judged,
            beyond=served.beyond,
            by_layers=served.by_layers,
        )
        split, judged_bytes = capacity.split, capacity.per_gpu_bytes
        if self.case.usage.context_tokens is None and self.case.shape.sees:
            most = need_line(needs, split).bytes(PICTURE_TOKENS, load.concurrency, served.beyond)
            capacity = capacity._replace(most_bytes=most)
        yield
        estimate = self._estimates.get((split, judged_bytes))
        if estimate is None:
            estimate = serving_estimate(needs, split, served.ask)
            if served.why:
                estimate = estimate.noting(
                    Assumption("fits", f"judged on {judged_bytes / GIB:.1f} GiB a GPU", served.why)
                )
            if capacity.most_bytes:
                estimate = estimate.noting(*at_most(judged_bytes, capacity.most_bytes, PICTURES)[1])
            estimate = self._estimates[split, judged_bytes] = self._stated(estimate)
        if gpus and not capacity.gpus:
            shared = f"{needs.model.heads} attention heads and {needs.model.layers} layers"
            estimate = estimate.noting(Assumption("gpu_count", "1", f"{gpus} GPUs cannot share {shared}; sized on one"))
        return Sized(estimate, capacity._replace(per_gpu_bytes=estimate.per_gpu_bytes) if served.why else capacity)

    def _train(self, gpu: GpuShape | None, gpus: int) -> Steps[Sized]:
        model = yield from self._complete()
        trials = self._trained.get(gpus)
        if trials is None:
            trials = self._trained[gpus] = Trials(model, self.case.usage, gpus)
        sized = yield from trials.on(gpu)
        return Sized(self._stated(sized.estimate), sized.capacity) if self.case.published else sized

    def _see(self, shape: ModelShape, gpu: GpuShape | None, gpus: int) -> Sized:
        usage = self.case.usage
        shared = gpus if usage.zero_stage else int(gpus > 1)
        if shape.arch == "pair" and usage.image_size is None and usage.context_tokens:
            usage = replace(usage, image_size=usage.context_tokens)  # residues, whichever of the two words was taken
        seen = self._seen.get(shared)
        if seen is None:
            judged = judged_pixels(shape, usage, gpus)
            told = judged.estimate.noting(*left_out(shape, usage, gpus))
            seen = self._seen[shared] = judged, self._stated(told)
        judged, estimate = seen
        capacity = judged.on(gpu, stated=False).capacity
        if capacity is not None and usage.workload == INFERENCE:
            self._at_once = self._at_once or AtOnce(shape, usage, judged)
            capacity = capacity._replace(max_concurrency=self._at_once.most(capacity.usable_bytes))
        return Sized(estimate, capacity)


def _put(model: Complete, usage: Usage) -> tuple[Demand, _Serving]:
    """Return what the model needs, and the load that the use puts on it."""
    served = _serving(
        usage.precision,
        usage.kv_precision,
        usage.context_tokens,
        usage.concurrency,
        usage.engine,
        causal=model.shape.causal,
        longest=model.shape.context,
    )
    return demand(model, precision=served.ask.precision, kv_precision=served.ask.kv_precision), served


@lru_cache(maxsize=2048)
def _serving(
    precision: str,
    kv_precision: str,
    context_tokens: int | None,
    concurrency: int | None,
    engine: str,
    *,
    causal: bool,
    longest: int | None,
) -> _Serving:
    """Return the load; the arguments as in `ask_for`. An engine that is not known here counts as not said."""
    unknown = () if not engine or is_known(engine) else (unknown_engine(engine),)
    engine = "" if unknown else engine
    passes = _passes(engine, causal=causal)
    ask = ask_for(
        precision,
        kv_precision,
        context_tokens,
        concurrency,
        causal=causal,
        longest=longest,
        passes=passes,
        engine=engine,
    )
    ask = replace(ask, assumptions=(*ask.assumptions, *unknown))
    by_layers = engine_of(engine).by_layers
    judged, why = _judged_passes(engine, passes) if causal else (passes, "")
    if not causal or engine:
        return _Serving(ask, judged, judged, why, by_layers)
    why = _UNSAID if ask.load.context_tokens > CHUNKS.chunk else ""
    return _Serving(ask, judged, WHOLE, why, by_layers)


def _passes(engine: str, *, causal: bool) -> Passes:
    if engine_of(engine).whole_prompts:
        return BATCHES_IN_PLACE if writes_cache_in_place(engine) else BATCHES
    return CHUNKS if causal else INPUTS


def _alone(shape: ModelShape, usage: Usage, gpus: int) -> MemoryEstimate:
    """Return what serving takes of so many devices of no stated size."""
    engine = engine_of(usage.engine)
    return estimate_inference(
        shape,
        precision=usage.precision,
        kv_precision=usage.kv_precision,
        context_tokens=usage.context_tokens,
        concurrency=usage.concurrency,
        gpus=gpus,
        by_layers=engine.by_layers,
        passes=_passes(usage.engine, causal=shape.causal),
    )


def _judged_passes(engine: str, passes: Passes) -> tuple[Passes, str]:
    """Return the passes that the verdict counts, and why where they are larger: a "fits" must hold on whatever engine,
    or release of it, was not ruled out.
    """
    if slices_logits(engine):
        return BATCHES_WITH_16BIT_LOGITS, "models with code of their own may keep the logits of every prompt token"
    if engine_of(engine).whole_prompts:
        why = "transformers before 4.45 keeps the logits of every prompt token, and a 32-bit copy"
        return passes._replace(logit_bytes=LOGITS_WITH_COPY), why
    return passes, ""
