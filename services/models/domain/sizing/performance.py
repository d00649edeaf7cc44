"""Speed of serving: tokens per second for one request and for all, time to the first token, at the asked load."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, NamedTuple

from services.models.domain.sizing.architecture import complete
from services.models.domain.sizing.capacity import GPU_COUNTS, size_on, usable_bytes
from services.models.domain.sizing.demand import Demand, Load, demand
from services.models.domain.sizing.engine_names import engine_of, is_known, unknown_engine
from services.models.domain.sizing.engines import Engine
from services.models.domain.sizing.loads import ServingLoad, serving_load
from services.models.domain.sizing.parallelism import Split, choose_split, refusal
from services.models.domain.sizing.precision import precision_of
from services.models.domain.sizing.roofline import DEFAULT_LINK, Roofline, Timing, with_peak
from services.models.domain.sizing.shapes import GpuShape, ModelShape
from services.models.domain.sizing.terms import GIB, Assumption, Basis

ERROR_FACTOR: Final = 1.8
"""What holds nine published speeds of ten (docs/sizing.md, Bands)."""
_WIDER_ERROR: Final = 2.0
"""The same of mixtures, and where dimensions had to be estimated from the parameter count."""
_NARROW: Final = "fp8"
_NARROW_BITS: Final = 8
_NARROW_WHY: Final = "not said; these GPUs hold the stated load with a cache at 8 bit, and not at 16"


@dataclass(frozen=True, slots=True)
class PerformanceEstimate:
    """Speed at the asked concurrency. Tokens per second; seconds. The truth is expected within `error_factor` both
    ways.

    prefill_tokens_per_s: of one prompt alone. decode_tokens_per_s: of one request while all run. total_tokens_per_s:
    answers of all requests, prompts worked through in between.
    """

    prefill_tokens_per_s: float
    decode_tokens_per_s: float
    total_tokens_per_s: float
    time_to_first_token_s: float
    request_s: float
    concurrency: int
    split: Split
    replicas: int
    engine: str
    prompt_tokens: int
    output_tokens: int
    bound: str
    assumptions: tuple[Assumption, ...]
    basis: Basis
    error_factor: float
    formula: str


def estimate_performance(
    shape: ModelShape,
    gpu: GpuShape,
    *,
    precision: str = "",
    kv_precision: str = "",
    prompt_tokens: int | None = None,
    output_tokens: int | None = None,
    concurrency: int | None = 1,
    gpus: int = 1,
    split: Split | None = None,
    engine: str = "",
) -> PerformanceEstimate:
    """Return the speed on `gpus` of this type (0: the fewest that hold it); concurrency None: as many as memory holds.

    Raises ValueError for a model that does not write tokens, a GPU whose bandwidth is unknown, or a bad precision or
    split.
    """
    if gpu.bandwidth_gbps is None:
        raise ValueError(f"the memory bandwidth of {gpu.name} is unknown, so is the speed")
    if not shape.causal:
        raise ValueError(
            f"a model of kind {shape.arch} writes no tokens; its speed is not estimated in tokens per second"
        )
    notes: list[Assumption] = []
    profile = _engine(engine, notes)
    load = serving_load(
        shape,
        precision=precision,
        kv_precision=kv_precision,
        prompt_tokens=prompt_tokens,
        output_tokens=output_tokens,
        engine=engine,
        notes=notes,
    )
    needs = _demand(shape, precision=load.precision, kv_precision=load.kv_precision)
    if gpu.fp16_tflops is None:
        gpu = with_peak(gpu)
        why = "not in the record; in proportion to the bandwidth"
        notes.append(Assumption("fp16_tflops", f"{gpu.fp16_tflops:.3g}", why))
    _check(load, concurrency)
    deployed = _deployment(needs, gpu, profile, load, gpus, split, concurrency, notes)
    if not kv_precision and concurrency and _narrower_cache_holds(deployed, load):
        deployed = _narrowed(deployed, load)
        notes = [note for note in notes if note.field not in ("kv_precision", "memory")]
        notes.append(Assumption("kv_precision", _NARROW, _NARROW_WHY))
    return _estimate(deployed, load, (*notes, *needs.model.assumptions))


def _narrowed(deployed: _Deployment, load: ServingLoad) -> _Deployment:
    """Return the same with a cache at 8 bit."""
    shape = deployed.roof.needs.model.shape
    needs = _demand(shape, precision=load.precision, kv_precision=_NARROW)
    return deployed._replace(roof=replace(deployed.roof, needs=needs))


@lru_cache(maxsize=256)
def _demand(shape: ModelShape, *, precision: str, kv_precision: str) -> Demand:
    """Return a model's need, which is asked for twice on each GPU: at the load and at the most."""
    return demand(complete(shape), precision=precision, kv_precision=kv_precision)


def _narrower_cache_holds(deployed: _Deployment, load: ServingLoad) -> bool:
    """Return whether the stated load needs a cache as narrow as the weights, which are at 8 bit or below, to fit."""
    roof, each, _ = deployed
    if precision_of(load.precision).bits > _NARROW_BITS or precision_of(load.kv_precision).bits <= _NARROW_BITS:
        return False
    room, narrow = roof.gpu.memory_bytes, _narrowed(deployed, load).roof
    return roof.need_bytes(load.context_tokens, each) > room >= narrow.need_bytes(load.context_tokens, each)


class _Deployment(NamedTuple):
    """A copy of a model on its split, the requests that it serves at once, and how many copies there are."""

    roof: Roofline
    each: int
    copies: int


def _estimate(deployed: _Deployment, load: ServingLoad, assumptions: tuple[Assumption, ...]) -> PerformanceEstimate:
    """Return the speed of a model that is deployed so, under a load."""
    roof, each, copies = deployed
    model = roof.needs.model
    timing = roof.timing(load.prompt_tokens, load.output_tokens, each)
    total = each * load.output_tokens / timing.request_s / load.beams * load.share
    return PerformanceEstimate(
        prefill_tokens_per_s=load.prompt_tokens / timing.prefill_s,
        decode_tokens_per_s=1 / timing.step_s if each == 1 else total / each,
        total_tokens_per_s=total * copies,
        time_to_first_token_s=timing.first_s,
        request_s=timing.request_s,
        concurrency=each * copies,
        split=roof.split,
        replicas=copies,
        engine=roof.engine.name,
        prompt_tokens=load.prompt_tokens,
        output_tokens=load.output_tokens,
        bound=timing.bound,
        assumptions=assumptions,
        basis=Basis.MODELLED,
        error_factor=_WIDER_ERROR if model.guessed or model.shape.experts else ERROR_FACTOR,
        formula=_formula(deployed, load, timing),
    )


def _formula(deployed: _Deployment, load: ServingLoad, timing: Timing) -> str:
    """Return the sum that yields the tokens a second of all requests, and what its steps come from."""
    (roof, each, copies), output = deployed, load.output_tokens
    prefill = timing.request_s - output * timing.step_s
    counted = f" / {load.beams} beams" if load.beams > 1 else ""
    counted += f" x {load.share:g}" if load.share != 1 else ""
    return (
        f"{copies * each} requests x {output} tokens / ({prefill:.4g} s before decoding + {output} steps x "
        f"{timing.step_s:.4g} s){counted}; {roof.words(each)}"
    )


def _engine(named: str, notes: list[Assumption]) -> Engine:
    """Return the class of engine that is named, and note where none is or it is not known."""
    profile = engine_of(named)
    if not named:
        why = "not said; an engine with paged attention and continuous batching"
        notes.append(Assumption("engine", profile.name, why))
    elif not is_known(named):
        notes.append(unknown_engine(named))
    return profile


def _check(load: ServingLoad, concurrency: int | None) -> None:
    """Raise ValueError naming each part of the load that is below one."""
    given = {
        "prompt_tokens": load.prompt_tokens,
        "output_tokens": load.output_tokens,
        "concurrency": concurrency or 1,
    }
    bad = [f"{name} is {value}; it must be at least 1" for name, value in given.items() if value < 1]
    if bad:
        raise ValueError("; ".join(bad))


def _deployment(
    needs: Demand,
    gpu: GpuShape,
    engine: Engine,
    load: ServingLoad,
    gpus: int,
    split: Split | None,
    concurrency: int | None,
    notes: list[Assumption],
) -> _Deployment:
    """Return how the model is deployed; note what was not said of the GPUs and the load, and where that is more than
    these GPUs hold.
    """
    if not gpus and split is None:
        split = _fewest(needs, gpu, engine, load, concurrency or 1)
        notes.append(Assumption("gpus", str(split.gpus), "not said; the fewest that hold the model and the load"))
    chosen, copies = _layout(needs, gpu, engine, split, gpus, load, concurrency)
    if chosen.tensor > 1 and gpu.interconnect_gbps is None:
        notes.append(Assumption("interconnect_gbps", f"{DEFAULT_LINK:g}", "not in the record; PCIe 4.0 x16"))
    roof = Roofline(needs, gpu, engine, chosen, apart=concurrency is None and _attends_apart(needs, engine, chosen))
    each = concurrency
    if each is None:
        each = roof.largest_batch(load.context_tokens)
        why = f"as many requests as memory holds, at most {engine.max_batch:,} a {'GPU' if roof.apart else 'copy'}"
        notes.append(Assumption("concurrency", str(each * copies), why))
    need = roof.need_bytes(load.context_tokens, each)
    if need > usable_bytes(gpu):
        value = f"{need / GIB:.1f} GiB a GPU"
        notes.append(Assumption("memory", value, "more than these GPUs hold; the speed is that of larger ones"))
    return _Deployment(roof, each, copies)


def _attends_apart(needs: Demand, engine: Engine, split: Split) -> bool:
    """Return whether each GPU attends to requests of its own where as many as possible are served: the recommended way
    of SGLang, TensorRT-LLM and vLLM for mixtures with latent attention, whose cache tensor parallelism would repeat.
    """
    shape = needs.model.shape
    return bool(shape.kv_lora_rank and shape.experts) and engine.overlaps_stages and split.tensor > 1


def _fewest(needs: Demand, gpu: GpuShape, engine: Engine, load: ServingLoad, concurrency: int) -> Split:
    """Return the split over the fewest GPUs that hold the model and the load. Raises ValueError where none does."""
    held = size_on(needs, gpu, context_tokens=load.context_tokens, concurrency=concurrency, by_layers=engine.by_layers)
    if not held.fits:
        raise ValueError(f"no count of {gpu.name} up to {GPU_COUNTS[-1]} holds the model, so it has no speed there")
    return held.split


def _layout(
    needs: Demand,
    gpu: GpuShape,
    engine: Engine,
    split: Split | None,
    gpus: int,
    load: ServingLoad,
    concurrency: int | None,
) -> tuple[Split, int]:
    """Return the split and how many copies of the model run beside each other.

    A stated load runs on one copy over all GPUs. For the most that the GPUs can do, the copies that give most tokens
    per second are chosen among the splits in which the model fits; fewer copies on a tie.
    """
    model = needs.model
    if split is not None:
        problem = refusal(model, split)
        if problem:
            raise ValueError(problem)
        return split, 1
    whole = choose_split(model, gpus, by_layers=engine.by_layers)
    if whole is None:
        raise ValueError(f"{gpus} GPUs cannot split {model.heads} heads and {model.layers} layers")
    best, best_copies, best_speed = whole, 1, 0.0
    for copies in range(1, gpus + 1) if concurrency is None else ():
        each = choose_split(model, gpus // copies, by_layers=engine.by_layers) if gpus % copies == 0 else None
        if each is None or needs.need(each, Load(load.context_tokens, 1)).total > usable_bytes(gpu):
            continue
        roof = Roofline(needs, gpu, engine, each, apart=_attends_apart(needs, engine, each))
        batch = roof.largest_batch(load.context_tokens)
        speed = copies * batch / roof.timing(load.prompt_tokens, load.output_tokens, batch).request_s
        if speed > best_speed * 1.001:
            best, best_copies, best_speed = each, copies, speed
    return best, best_copies
