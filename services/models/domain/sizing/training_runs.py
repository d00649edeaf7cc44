"""A training run on a GPU type: on how many GPUs, sharded how, and whether it fits whatever was not said.

The estimate takes the usual setting for what was not said. The verdict does not rely on that where a run was described:
a micro-batch or a length was named, and recomputing activations was not, so it is judged with them kept. What fits by
the usual settings, but not by the defaults of common trainers, is borderline.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from services.models.domain.sizing.capacity import GPU_COUNTS, Capacity, fits, single
from services.models.domain.sizing.cases import Case, Sized, Usage
from services.models.domain.sizing.estimates import MemoryEstimate
from services.models.domain.sizing.frameworks import GENERIC, framework_of
from services.models.domain.sizing.shapes import GpuShape, ModelShape
from services.models.domain.sizing.terms import GIB, Assumption
from services.models.domain.sizing.training import estimate_training
from services.models.domain.sizing.training_plan import FULLY_SHARDED, TrainingPlan

TRAINER_BATCH = 8
"""Samples a step on one GPU by default in transformers' trainer (per_device_train_batch_size)."""
BY_EIGHT = f"{TRAINER_BATCH} samples a step, the default of transformers"
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
        return Sized(self.estimate, _capacity(self, gpu, stated=stated) if gpu else None)

    def noting(self, note: Assumption) -> Judged:
        """Return the same with this assumption before those of the estimate."""
        return replace(self, estimate=self.estimate.noting(note))

    def fits(self, gpu: GpuShape | None) -> bool:
        """Return whether one GPU holds it; without a GPU there is nothing to fail."""
        return gpu is None or fits(self.need_bytes, gpu, training=True)


KEPT = "activations kept, as recomputing was not said"
_UNEVEN = "samples of ever new lengths, which leave blocks of memory that PyTorch does not merge (packing avoids them)"
_EAGER = "attention that is not fused, as in transformers of 2023 and where a model's code says so"
_WIDE = "norms at 32 bit, which make hidden states so, as PEFT prepares models that bitsandbytes quantised"
_MASTERS = "32-bit weights under mixed precision, as transformers loads them where it is not told to load 16-bit ones"
_ADAM = "Adam with the state of 16-bit weights, where a configuration does not choose an 8-bit one"
_ON_GPU = "inputs of layers kept on the GPU, with the logits, as Unsloth does by plain gradient checkpointing"
_APART = "an update after the backward pass, which gradient accumulation needs"
_WHOLE = "gradients accumulated whole and heads untied, as LitGPT does over FSDP"


def judged_by(estimate: MemoryEstimate, other: MemoryEstimate, why: str = KEPT) -> Judged:
    """Return the estimate judged on another of the run, by what was not said, which the answer then tells."""
    usual, most = estimate.per_gpu_bytes, other.per_gpu_bytes
    if most <= usual:
        return Judged(estimate, usual)
    note = Assumption("fits", f"judged on {most / GIB:.1f} GiB a GPU", f"{why}; otherwise {usual / GIB:.1f} GiB")
    return Judged(estimate.noting(note), most)


def hedged_by(judged: Judged, most: float, why: str) -> Judged:
    """Return the run with the most that it takes by another default for what was not said, where that is more."""
    if most <= judged.need_bytes:
        return judged
    note = Assumption("fits", f"up to {most / GIB:.1f} GiB a GPU", f"borderline where that does not fit: {why}")
    return replace(judged.noting(note), most_bytes=most)


def size_training(case: Case) -> Sized:
    """Return the estimate on the stated GPUs, or on the fewest that hold it.

    Adapters over several GPUs are replicated where one GPU holds their weights; all else is sharded fully.
    """
    plan, shape, gpu = _plan(case.usage, gpus=case.gpus), case.shape, case.gpu
    if case.gpus and plan.method != "full" and plan.zero_stage is None and not plan.framework.whole_gradients:
        copied = replace(plan, zero_stage=0)
        copies = _judged(shape, copied, case.gpus)
        if copies.fits(gpu) or gpu is None or copies.estimate.term("weights") / case.gpus < gpu.memory_bytes:
            return _hedged(shape, copied, case.gpus).on(gpu, stated=True)
    least = plan.tensor_parallel
    several = tuple(n for n in GPU_COUNTS if n % least == 0) if gpu else (least,)
    for count in (case.gpus,) if case.gpus else several:
        judged = _judged(shape, plan, count)
        if judged.fits(gpu):
            judged = _hedged(shape, plan, count)
            break
        samples = judged.estimate.concurrency
        if plan.batch_size is None and samples > 1:
            note = Assumption("batch_size", "1", f"not said; {samples} do not fit on each GPU")
            judged = _judged(shape, plan, count, one_sample=True)
            if judged.fits(gpu):
                judged = _hedged(shape, plan, count, judged).noting(note)
                break
            judged = judged.noting(note)
    return judged.on(gpu, stated=bool(case.gpus))


def _plan(usage: Usage, *, gpus: int) -> TrainingPlan:
    framework = framework_of(usage.engine)
    tensor = usage.tensor_parallel or 1
    return TrainingPlan(
        method=usage.workload,
        gpus=gpus or tensor,
        precision=usage.precision,
        mixed=says_mixed(usage.precision),
        fsdp=usage.zero_stage == FULLY_SHARDED and not framework.zero,
        framework=framework,
        optimizer=usage.optimizer,
        zero_stage=usage.zero_stage,
        batch_size=usage.batch_size,
        sequence=usage.context_tokens,
        checkpointing=usage.checkpointing,
        lora_rank=usage.lora_rank,
        tensor_parallel=tensor,
        trainable=usage.trainable,
        offload_optimizer=bool(usage.offload),
        offload_parameters=usage.offload == "parameters",
    )


def says_mixed(precision: str) -> bool | None:
    """Return whether the words for a precision ask for 32-bit master weights or against them; None where they say
    neither.
    """
    words = precision.lower()
    if re.search(r"\b(true|pure)\b|pure_", words):
        return False
    return True if re.search(r"mixed|\bamp\b", words) else None


def _settled(plan: TrainingPlan, gpus: int) -> tuple[TrainingPlan, tuple[Assumption, ...]]:
    """Return the plan on so many GPUs, sharded fully where several share it and nothing else was said, and the note."""
    plan = replace(plan, gpus=gpus)
    if gpus == 1 or plan.zero_stage is not None:
        return plan, ()
    why = "not said; full sharding (FSDP), since one GPU does not hold it or several were asked for"
    plan = replace(plan, zero_stage=FULLY_SHARDED, fsdp=True)
    return plan, (Assumption("zero_stage", str(FULLY_SHARDED), why),)


@lru_cache(maxsize=2048)
def _judged(shape: ModelShape, plan: TrainingPlan, gpus: int, *, one_sample: bool = False) -> Judged:
    """Return the estimate on so many GPUs, and what the verdict counts. one_sample: a step on each GPU."""
    settled, notes = _settled(replace(plan, batch_size=1) if one_sample else plan, gpus)
    estimate = estimate_training(shape, settled, told=True).noting(*notes)
    if _described(plan):
        others = {KEPT: estimate_training(shape, replace(settled, checkpointing=False))}
        if _may_keep_whole_gradients(settled):
            others[_WHOLE] = estimate_training(shape, _keeping_whole_gradients(settled))
        why = max(others, key=lambda name: others[name].per_gpu_bytes)
        return judged_by(estimate, others[why], why)
    return Judged(estimate, estimate.per_gpu_bytes)


@lru_cache(maxsize=2048)
def _hedged(shape: ModelShape, plan: TrainingPlan, gpus: int, judged: Judged | None = None) -> Judged:
    """Return the run (by default as judged) with the most that it takes by other defaults, where that is more."""
    judged = judged or _judged(shape, plan, gpus)
    found = {why: estimate_training(shape, other) for why, other in _other_defaults(shape, plan, gpus).items()}
    others = {why: other.per_gpu_bytes for why, other in found.items()}
    if not plan.framework.even:
        others[_UNEVEN] = max(_uneven(found.get(why, judged.estimate)) for why in ("", _ON_GPU, _WIDE))
    why = max(others, key=lambda name: others[name], default="")
    return hedged_by(judged, others[why], why) if why else judged


def _uneven(estimate: MemoryEstimate) -> float:
    """Return the bytes that one GPU reserves where each sample has another length."""
    varying = estimate.term("activations") + estimate.term("logits")
    return estimate.per_gpu_bytes + (_RESERVED - 1) * varying / len(estimate.shares)


def _other_defaults(shape: ModelShape, plan: TrainingPlan, gpus: int) -> dict[str, TrainingPlan]:
    """Return the plan with one thing that was not said as some trainers have it by default, by what that is."""
    others, free = {}, _is_free(plan)
    plan, _ = _settled(plan, gpus)
    if plan.checkpointing is None and plan.framework.checkpointing is None:
        others[KEPT] = replace(plan, checkpointing=False)
    if plan.batch_size is None:
        others[BY_EIGHT] = replace(plan, batch_size=TRAINER_BATCH)
    if shape.arch == "decoder" and not plan.framework.fused:
        others[_EAGER] = replace(plan, fused_attention=False)
    if plan.framework.upcasts is None and (plan.method == "qlora" or (plan.method == "lora" and plan.precision)):
        others[_WIDE] = replace(plan, framework=replace(plan.framework, upcasts=True))
    if plan.framework.as_loaded and plan.mixed is None and plan.method == "full":
        others[_MASTERS] = replace(plan, mixed=True)
    if plan.framework.optimizer != GENERIC.optimizer and not plan.optimizer and plan.method == "full":
        others[_ADAM] = replace(plan, optimizer=f"{GENERIC.optimizer}_fused")
    if plan.framework.hosts_inputs:
        others[_ON_GPU] = _plainly_recomputed(plan)
    if plan.framework.fuses_step:
        others[_APART] = replace(plan, framework=replace(plan.framework, fuses_step=False))
    if free and plan.offload_parameters:
        others["weights come from the host as in DeepSpeed"] = replace(plan, framework=framework_of("deepspeed"))
    if _may_keep_whole_gradients(plan):
        others[_WHOLE] = _keeping_whole_gradients(plan)
    return others


def _is_free(plan: TrainingPlan) -> bool:
    """Return whether sharding may be any library's: no framework was named, or one that leaves it to others."""
    return plan.framework.as_loaded or not plan.framework.name


def _plainly_recomputed(plan: TrainingPlan) -> TrainingPlan:
    return replace(plan, framework=replace(plan.framework, hosts_inputs=False, head_bytes=2.0, rebuilt=GENERIC.rebuilt))


def _may_keep_whole_gradients(plan: TrainingPlan) -> bool:
    """Return whether a run over several GPUs may be one that keeps whole gradients: fully sharded, by no framework."""
    sharded = plan.copies > 1 and plan.zero_stage == FULLY_SHARDED
    return sharded and plan.method == "full" and _is_free(plan)


def _keeping_whole_gradients(plan: TrainingPlan) -> TrainingPlan:
    return replace(plan, framework=replace(plan.framework, whole_gradients=True, unties=True))


def _described(plan: TrainingPlan) -> bool:
    """Return whether a run was described without a word on recomputing activations, by itself or through a framework.

    Who names neither micro-batch nor length leaves the run to the answer, which says what it assumed.
    """
    if plan.checkpointing is not None or plan.framework.checkpointing is not None or _saves_memory(plan):
        return False
    return plan.batch_size is not None or plan.sequence is not None


def _saves_memory(plan: TrainingPlan) -> bool:
    """Return whether gradients or weights are sharded or offloaded by request: who saves memory so recomputes too."""
    return plan.offload_optimizer or (plan.zero_stage or 0) > 1


def _capacity(judged: Judged, gpu: GpuShape, *, stated: bool) -> Capacity:
    return single(judged.estimate, gpu, training=True, stated=stated, judged=(judged.need_bytes, judged.most_bytes))
