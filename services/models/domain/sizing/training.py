"""Memory to train a model: weights, gradients, optimizer state and saved activations, over a sharding.

State per parameter under mixed precision and Adam is 16 bytes, divided over the data-parallel GPUs by stage as in ZeRO
(Rajbhandari et al., arXiv:1910.02054): 4 + 12/N at stage 1, 2 + 14/N at stage 2, 16/N at stage 3 (FSDP full sharding).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from services.models.domain.sizing import activations, weights
from services.models.domain.sizing.architecture import Complete, complete
from services.models.domain.sizing.demand import LINK_BYTES, RUNTIME_BYTES, RUNTIME_SOURCE
from services.models.domain.sizing.estimates import MemoryEstimate
from services.models.domain.sizing.optimizers import MASTER, Optimizer, optimizer_of
from services.models.domain.sizing.parallelism import Split, refusal
from services.models.domain.sizing.precision import Precision, precision_of
from services.models.domain.sizing.shapes import ModelShape
from services.models.domain.sizing.terms import Assumption, Basis, Term

METHODS: Final = ("full", "lora", "qlora", "freeze", "adapter")
DEFAULT_SEQUENCE: Final = 2048
DEFAULT_RANK: Final = 16
_CHECKPOINT_FROM: Final = 2e9
_LIVE_PARAMETERS: Final = 1e9
"""Parameters DeepSpeed keeps on the GPU at most when weights live on the host (stage3_max_live_parameters)."""
_BUCKET_BYTES: Final = 4.5e9
"""DeepSpeed overlaps communication through 4.5 buffers of 5e8 16-bit elements by default (its ZeRO configuration)."""
_ZERO: Final = "ZeRO, arXiv:1910.02054"


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """How a model is trained. None or empty means not said: what is used instead is among the assumptions.

    method: full, lora, qlora, freeze or adapter. precision: of the weights. mixed: keep 32-bit master weights and
    state. zero_stage: 0 to 3, where 3 is also FSDP. batch_size: samples a step on one GPU. trainable: parameters that
    are trained. fsdp: PyTorch's sharding rather than DeepSpeed's, which has communication buckets of its own.
    gradient_bytes: per trained parameter, where an engine accumulates wider than its weights (Megatron: 4).
    """

    method: str = "full"
    precision: str = ""
    mixed: bool | None = None
    optimizer: str = ""
    zero_stage: int | None = None
    fsdp: bool = False
    gpus: int = 1
    tensor_parallel: int = 1
    batch_size: int | None = None
    sequence: int | None = None
    checkpointing: bool | None = None
    fused_attention: bool | None = None
    offload_optimizer: bool = False
    offload_parameters: bool = False
    trainable: float | None = None
    lora_rank: int | None = None
    gradient_bytes: float | None = None
    runtime_bytes: float = RUNTIME_BYTES

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(f"unknown training method {self.method!r}; known are {', '.join(METHODS)}")
        if self.zero_stage is not None and not 0 <= self.zero_stage <= 3:
            raise ValueError(f"zero_stage is {self.zero_stage}; it must be 0 to 3")
        if self.gpus < 1 or self.tensor_parallel < 1 or self.gpus % self.tensor_parallel:
            raise ValueError(f"{self.gpus} GPUs do not divide by a tensor-parallel degree of {self.tensor_parallel}")


@dataclass(frozen=True, slots=True)
class _States:
    """Bytes on one GPU before activations."""

    weights: float
    gradients: float
    optimizer: float
    gathered: float
    buckets: float
    upcast: float


def adapter_parameters(model: Complete, *, rank: int) -> float:
    """Return the parameters of low-rank adapters of this rank on every linear layer (LoRA, arXiv:2106.09685)."""
    hidden, query, key = model.hidden, model.attention_width, model.kv_width
    attention = 2 * (hidden + query) + 2 * (hidden + key)
    mlp = (3 if model.gated else 2) * (hidden + model.intermediate)
    return float(rank) * model.layers * (attention + mlp)


def estimate_training(shape: ModelShape, plan: TrainingPlan) -> MemoryEstimate:
    """Return the memory to train the model so, for all GPUs together and for each.

    Raises ValueError for a precision, optimizer or split that is not known or allowed.
    """
    model = complete(shape)
    notes: list[Assumption] = []
    precision = precision_of(plan.precision or _default_precision(shape, plan, notes))
    optimizer = optimizer_of(plan.optimizer or "adamw")
    if not plan.optimizer:
        notes.append(Assumption("optimizer", "adamw", "not said; the usual choice"))
    problem = refusal(model, Split(plan.tensor_parallel, 1))
    if problem:
        raise ValueError(problem)
    stage = _stage(plan, notes)
    sequence, batch = _workload(shape, plan, notes)
    checkpointing = _checkpointing(shape, plan, notes)
    states = _states(model, plan, precision, optimizer, stage, notes)
    train_all = plan.method == "full" or precision.kind == "bnb"
    kept, logits = activations.training_bytes(
        model,
        tokens=batch * sequence,
        checkpointing=checkpointing,
        train_all=train_all,
        value_bytes=4.0 if precision.name == "fp32" and plan.mixed is not True else 2.0,
        tensor_parallel=plan.tensor_parallel,
        sequence=sequence,
        fused_attention=shape.arch == "decoder" if plan.fused_attention is None else plan.fused_attention,
    )
    runtime = plan.runtime_bytes + (LINK_BYTES if plan.gpus > 1 and plan.runtime_bytes else 0.0)
    named = (
        ("weights", states.weights, f"{model.parameters:.4g} parameters x {precision.bits:g} bits", precision.source),
        ("gradients", states.gradients, f"trained parameters, ZeRO stage {stage} over {plan.gpus} GPUs", _ZERO),
        (
            "optimizer",
            states.optimizer,
            f"{optimizer.name}, ZeRO stage {stage} over {plan.gpus} GPUs",
            optimizer.source,
        ),
        ("gathered", states.gathered, "sharded layers collected for use", f"{_ZERO}; FSDP, arXiv:2304.11277"),
        ("buckets", states.buckets, "4.5 communication buffers of 5e8 elements", "DeepSpeed ZeRO, overlap_comm"),
        ("upcast", states.upcast, "embeddings and head at 32 bit", "PEFT prepare_model_for_kbit_training"),
        (
            "expanded_weights",
            weights.expanded_bytes(model, precision) / plan.tensor_parallel,
            "2 x 2 bytes x largest matrix",
            weights.DEQUANT_SOURCE,
        ),
        (
            "activations",
            kept,
            f"{batch} x {sequence} tokens, checkpointing {checkpointing}",
            activations.TRAINING_SOURCE,
        ),
        (
            "logits",
            logits,
            f"{batch} x {sequence} tokens x vocabulary {model.vocab}",
            "value, 32-bit copy, its gradient",
        ),
        ("overhead", runtime, "CUDA context and workspaces, collectives", RUNTIME_SOURCE),
    )
    terms = tuple(Term(name, each * plan.gpus, formula, source) for name, each, formula, source in named if each > 0)
    per_gpu = sum(each for _, each, _, _ in named)
    return MemoryEstimate(
        sum(term.bytes for term in terms),
        per_gpu,
        (per_gpu,) * plan.gpus,
        terms,
        (*notes, *model.assumptions),
        Split(plan.tensor_parallel, 1),
        precision.name,
        "",
        sequence,
        batch,
        Basis.MODELLED,
        0.25,
    )


def _default_precision(shape: ModelShape, plan: TrainingPlan, notes: list[Assumption]) -> str:
    name = "nf4" if plan.method == "qlora" else "bf16" if shape.arch == "decoder" else "fp32"
    notes.append(Assumption("precision", name, "not said; the usual storage for this method and kind of model"))
    return name


def _stage(plan: TrainingPlan, notes: list[Assumption]) -> int:
    if plan.zero_stage is not None:
        return plan.zero_stage if plan.gpus > 1 else min(plan.zero_stage, 3)
    copies = plan.gpus // plan.tensor_parallel
    stage = 2 if plan.method == "full" and copies > 1 else 0
    if copies > 1:
        why = "not said; full training over several GPUs shards at least state and gradients, adapters are replicated"
        notes.append(Assumption("zero_stage", str(stage), why))
    return stage


def _workload(shape: ModelShape, plan: TrainingPlan, notes: list[Assumption]) -> tuple[int, int]:
    sequence, batch = plan.sequence, plan.batch_size
    if sequence is None:
        sequence = min(DEFAULT_SEQUENCE if shape.causal else 512, shape.context or DEFAULT_SEQUENCE)
        notes.append(Assumption("sequence", str(sequence), "not said; a common length of training samples"))
    if batch is None:
        batch = 1
        notes.append(Assumption("batch_size", "1", "not said; one sample a step on each GPU, the rest by accumulation"))
    return sequence, batch


def _checkpointing(shape: ModelShape, plan: TrainingPlan, notes: list[Assumption]) -> bool:
    if plan.checkpointing is not None:
        return plan.checkpointing
    value = (shape.parameters or 0) >= _CHECKPOINT_FROM
    notes.append(Assumption("checkpointing", str(value), "not said; usual from two billion parameters up"))
    return value


def _trained(model: Complete, plan: TrainingPlan, notes: list[Assumption]) -> float:
    if plan.method == "full":
        return model.parameters
    if plan.trainable is not None:
        return plan.trainable
    if plan.method == "freeze":
        trained, why = min(2.0 * model.layer_parameters, model.parameters), "not said; the last two layers"
    else:
        rank = plan.lora_rank or DEFAULT_RANK
        trained, why = adapter_parameters(model, rank=rank), f"rank {rank} on every linear layer"
    notes.append(Assumption("trainable", f"{trained:.3g}", why))
    return trained


def _gradient_bytes(plan: TrainingPlan, precision: Precision, width: float, *, mixed: bool) -> float:
    """Return bytes per gradient: DeepSpeed and Megatron accumulate those of bf16 weights at 32 bit, FSDP as stored."""
    return 4.0 if mixed and precision.name == "bf16" and not plan.fsdp else width


def _states(
    model: Complete, plan: TrainingPlan, precision: Precision, optimizer: Optimizer, stage: int, notes: list[Assumption]
) -> _States:
    """Return weights, gradients and optimizer state on one GPU."""
    width = min(precision.bytes, 4.0)
    trained = _trained(model, plan, notes)
    train_width = width if plan.method in ("full", "freeze") else 4.0
    half = train_width <= 2
    mixed = plan.mixed if plan.mixed is not None else half and plan.method in ("full", "freeze")
    base = weights.weight_bytes(model, precision)
    gradient = trained * (plan.gradient_bytes or _gradient_bytes(plan, precision, train_width, mixed=mixed))
    state_width = 4.0 if mixed or not half else train_width
    state = trained * optimizer.state_bytes(state_width) + (trained * MASTER if mixed and half else 0.0)
    if plan.method in ("lora", "qlora", "adapter"):
        base += trained * train_width
    copies, tensor = plan.gpus // plan.tensor_parallel, plan.tensor_parallel
    gathered = 0.0
    layer = model.layer_parameters * min(precision.bytes, 2.0) + model.embedding_parameters * 2 / model.layers
    held = base / copies if stage == 3 else base
    if plan.offload_parameters:
        held, gathered = 0.0, min(_LIVE_PARAMETERS, model.parameters) * min(precision.bytes, 4.0)
    elif stage == 3 and copies > 1:
        gathered = 2 * layer
    gradients = gradient / copies if stage >= 2 else gradient
    states = state / copies if stage >= 1 else state
    if plan.offload_optimizer:
        gradients, states = 0.0, 0.0
    buckets = 0.0
    if plan.zero_stage and copies > 1 and not plan.fsdp:
        buckets = min(_BUCKET_BYTES, 9 * model.parameters / tensor)
    upcast = model.embedding_parameters * 2.0 / (copies if stage == 3 else 1) if plan.method == "qlora" else 0.0
    return _States(held / tensor, gradients / tensor, states / tensor, gathered / tensor, buckets, upcast / tensor)
