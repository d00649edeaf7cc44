"""How a model is trained, and what is usual where it is not said."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Final

from services.models.domain.sizing.architecture import Complete, expert_width
from services.models.domain.sizing.demand import RUNTIME_BYTES
from services.models.domain.sizing.frameworks import GENERIC, Framework
from services.models.domain.sizing.precision import Precision
from services.models.domain.sizing.shapes import ROBOTICS, ModelShape

METHODS: Final = ("full", "lora", "qlora", "freeze", "adapter")
DEFAULT_RANK: Final = 16
DEFAULT_SEQUENCE: Final = 2048
DEFAULT_TEXT: Final = 512
"""Tokens of a sample of decoders, and of encoders with or without a decoder (BERT; T5, arXiv:1910.10683), where none
are said.
"""
_OBSERVED: Final = 3 * 256 + 48 + 50
"""Tokens of a sample of a policy that steers a robot: three cameras, words and a chunk of actions (openpi, pi0)."""
_RECOMPUTED_FROM: Final = 2e9
_RECOMPUTED_WHY: Final = "not said; usual from two billion parameters up"
"""Parameters from which activations are recomputed where neither run nor framework says, and the words for that."""
RECOGNISERS_WHY: Final = "not said; as transformers' example of training speech recognisers has it"
SEQUENCE_WHY: Final = "not said; a common length of training samples"
FULLY_SHARDED: Final = 3
"""The stage of ZeRO, or FSDP, that shards weights too."""
FROZEN_LAYERS: Final = 2
"""Layers that training on top of a frozen model updates where none are named."""


_OF_PASSES: Final = frozenset({"batch_size", "sequence", "checkpointing", "fused_attention"})
"""What a plan says of how samples pass: nothing that a GPU holds before any is seen depends on it."""


@dataclass(frozen=True, slots=True, eq=False)
class TrainingPlan:
    """How a model is trained. None or empty means not said: what is used instead is among the assumptions. Plans are
    compared by identity, which lets what follows from one be kept by it.

    method: full, lora, qlora, freeze or adapter. precision: of the weights. mixed: keep 32-bit master weights and
    state. zero_stage: 0 to 3, where 3 is also FSDP. batch_size: samples a step on one GPU. trainable: parameters that
    are trained. fsdp: PyTorch's sharding rather than DeepSpeed's, which has communication buckets of its own.
    gradient_bytes: per trained parameter, where an engine accumulates wider than its weights (Megatron: 4). framework:
    whose defaults hold where nothing is said.
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
    framework: Framework = GENERIC
    runtime_bytes: float = RUNTIME_BYTES

    def __post_init__(self) -> None:
        problems = []
        if self.method not in METHODS:
            problems.append(f"unknown training method {self.method!r}; known are {', '.join(METHODS)}")
        if self.zero_stage is not None and not 0 <= self.zero_stage <= 3:
            problems.append(f"zero_stage is {self.zero_stage}; it must be 0 to 3")
        for name in ("batch_size", "sequence", "lora_rank", "gpus", "tensor_parallel"):
            value = getattr(self, name)
            if value is not None and value < 1:
                problems.append(f"{name} is {value}; it must be at least 1")
        if not problems and self.gpus % self.tensor_parallel:
            problems.append(f"{self.gpus} GPUs do not divide by a tensor-parallel degree of {self.tensor_parallel}")
        if problems:
            raise ValueError("; ".join(problems))

    @property
    def copies(self) -> int:
        """Data-parallel copies."""
        return self.gpus // self.tensor_parallel


@lru_cache(maxsize=1024)
def passes_alone(plan: TrainingPlan, other: TrainingPlan) -> bool:
    """Return whether another plan differs from one in how samples pass alone, so that weights, gradients and state are
    the same.
    """
    names = (field.name for field in fields(plan) if field.name not in _OF_PASSES)
    return all(getattr(plan, name) == getattr(other, name) for name in names)


def default_sequence(shape: ModelShape) -> int:
    """Return the tokens of a training sample where none are said: a common length, or the longest the model takes."""
    if shape.task == ROBOTICS:
        return _OBSERVED
    return min(DEFAULT_SEQUENCE if shape.arch == "decoder" else DEFAULT_TEXT, shape.context or DEFAULT_SEQUENCE)


def widens(plan: TrainingPlan, precision: Precision) -> bool:
    """Return whether hidden states are at 32 bit since norms and embeddings are, as PEFT prepares models whose weights
    bitsandbytes quantised: such a matrix returns the type that it was given. Trainers skip that where weights are
    sharded.
    """
    adapts = plan.method in ("lora", "qlora") and precision.kind in ("bnb", "int8")
    return bool(plan.framework.upcasts) and adapts and not (plan.zero_stage == FULLY_SHARDED and plan.copies > 1)


def recomputes(
    model: Complete, framework: Framework, *, said: bool | None, copies: int, adapts: bool = False
) -> tuple[bool, str]:
    """Return whether activations are recomputed in the backward pass, and why; empty where it was said. copies:
    data-parallel. adapts: adapters are trained over weights that are not quantised.
    """
    if said is not None:
        return said, ""
    if framework.checkpointing is not None:
        several = framework.whole_gradients and copies > 1
        return framework.checkpointing or several, f"not said; the default of {framework.name}"
    if model.shape.source_tokens:
        return not adapts, RECOGNISERS_WHY
    return model.parameters >= _RECOMPUTED_FROM, _RECOMPUTED_WHY


def on_attention_alone(arch: str) -> bool:
    """Return whether adapters go on query and value alone where nobody says: PEFT's defaults for BERT, RoBERTa, T5 and
    Whisper. Trainers of decoders put them on every linear layer (QLoRA, arXiv:2305.14314).
    """
    return arch in ("encoder", "encoder-decoder")


def adapter_parameters(model: Complete, *, rank: int) -> float:
    """Return the parameters of low-rank adapters of this rank (LoRA, arXiv:2106.09685): on every linear layer, those of
    every expert too; in encoders on query and value, also of the attention to an encoder.
    """
    hidden, query, key = model.hidden, model.attention_width, model.kv_width
    if on_attention_alone(model.shape.arch):
        attentions = model.layers + model.layers * (model.shape.arch != "encoder") + (model.shape.encoder_layers or 0)
        return float(rank) * attentions * (2 * hidden + query + key)
    attention = 2 * (hidden + query) + 2 * (hidden + key)
    width = expert_width(model.shape, model.intermediate, hidden)
    mlp = (3 if model.gated else 2) * (hidden + width) * (model.shape.experts or 1)
    return float(rank) * model.layers * (attention + mlp)
