"""The sums behind the memory of a training run, with their numbers, over all GPUs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from services.models.domain.sizing import activations, weights
from services.models.domain.sizing.activations import Saved
from services.models.domain.sizing.architecture import Complete
from services.models.domain.sizing.demand import overhead
from services.models.domain.sizing.estimates import UNSIZED, MemoryEstimate
from services.models.domain.sizing.parallelism import Split
from services.models.domain.sizing.terms import Assumption, Basis, Term, on_each
from services.models.domain.sizing.training_plan import FULLY_SHARDED, SEQUENCE_WHY, TrainingPlan
from services.models.domain.sizing.training_settings import Settings
from services.models.domain.sizing.training_states import States, trained_notes, updates_by_layer

_ZERO: Final = "ZeRO, arXiv:1910.02054"
_BATCH_WHY: Final = "not said; few samples a step on each GPU, the rest by accumulation"
_REMARKS: Final = {
    "gathered": (
        "two sharded layers, embeddings and head collected for use, and gradients of those that are trained",
        f"{_ZERO}; FSDP, arXiv:2304.11277",
    ),
    "buckets": ("buffers through which GPUs exchange gradients", "DeepSpeed ZeRO, overlap_comm; PyTorch DDP"),
    "step": ("16-bit and 32-bit copy of a GPU's own gradients", "DeepSpeed ZeRO, step"),
    "upcast": ("embeddings and head at 32 bit", "PEFT prepare_model_for_kbit_training"),
}
"""What parts are that each GPU has alike, and the sources."""
_HELD: Final = States._fields.index("upcast") + 1
"""Of the states, the first so many are held at once."""


class Passing(NamedTuple):
    """Bytes that a step takes of one GPU beside what it holds."""

    expanded_weights: float
    activations: float
    logits: float
    overhead: float


_PARTS: Final = (*States._fields[:_HELD], "update", *Passing._fields)
"""What the memory of a run is for, in the order of its terms."""


@dataclass(slots=True, eq=False)
class Held:
    """What one GPU holds of a model in training before any sample is seen, and what tokens will leave on it. expanded:
    bytes of the buffers for weights that are expanded before use; bytes: of all states together.

    Nothing changes one, nor a run; they are not frozen since setting the fields of frozen ones takes several times as
    long.
    """

    model: Complete
    settings: Settings
    states: States
    saved: Saved
    expanded: float
    bytes: float = field(init=False)

    def __post_init__(self) -> None:
        self.bytes = sum(self.states[:_HELD])


@dataclass(slots=True, eq=False)
class Run:
    """A run in numbers: what a GPU holds, and what samples that pass in the plan's way take beside it. Many are weighed
    for one that is told. recomputing: why activations are recomputed or not, where that was not said. varying_bytes:
    that grow with the samples of a step; gone_bytes: that are free again when the optimizer steps; update_bytes: what
    the step makes beyond these, so that the larger of both counts; per_gpu_bytes: all in all. Each on one GPU.
    """

    held: Held
    plan: TrainingPlan
    passing: Passing
    batch: int
    sequence: int
    checkpointing: bool
    recomputing: str
    varying_bytes: float = field(init=False)
    gone_bytes: float = field(init=False)
    update_bytes: float = field(init=False)
    per_gpu_bytes: float = field(init=False)

    def __post_init__(self) -> None:
        states, (_, kept, logits, _) = self.held.states, self.passing
        self.varying_bytes = kept + logits
        self.gone_bytes = states.gathered + kept + logits
        self.update_bytes = max(states.update - self.gone_bytes, 0.0)
        self.per_gpu_bytes = sum(self.passing, self.held.bytes + self.update_bytes)

    def estimate(self, *before: Assumption) -> MemoryEstimate:
        """Return the memory of the run, for all GPUs together and for each, each term with its formula. before: what
        its own assumptions come after.
        """
        gpus, per_gpu, held = self.plan.gpus, self.per_gpu_bytes, self.held
        sizes = (*held.states[:_HELD], self.update_bytes, *self.passing)
        return MemoryEstimate(
            per_gpu * gpus,
            per_gpu,
            (per_gpu,) * gpus,
            tuple([self._term(name, size) for name, size in zip(_PARTS, sizes, strict=True) if size > 0]),
            (*before, *self._unsaid(), *held.model.assumptions),
            Split(self.plan.tensor_parallel, 1),
            held.settings.precision.name,
            "",
            self.sequence,
            self.batch,
            Basis.MODELLED,
            UNSIZED if held.model.unsized else 0.25,
        )

    def _unsaid(self) -> Iterator[Assumption]:
        """Yield what was not said of the run, of how samples pass and of what is trained."""
        settings = self.held.settings
        yield from settings.notes
        if self.plan.sequence is None:
            yield Assumption("sequence", str(self.sequence), SEQUENCE_WHY)
        if self.plan.batch_size is None:
            framework = self.plan.framework
            why = f"not said; the default of {framework.name}" if framework.batch else _BATCH_WHY
            yield Assumption("batch_size", str(self.batch), why)
        if self.recomputing:
            yield Assumption("checkpointing", str(self.checkpointing), self.recomputing)
        yield from trained_notes(self.held.model, settings.plan, self.held.states.trained)
        yield from settings.master_notes

    def _term(self, name: str, size: float) -> Term:
        """Return a part over all GPUs, with its formula. size: on one."""
        gpus, remark = self.plan.gpus, _REMARKS.get(name)
        if name == "overhead":
            return overhead(size, gpus)
        if remark is not None:
            return Term(name, size * gpus, f"{on_each(gpus, f'{size:.6g} bytes')}; {remark[0]}", remark[1])
        return Term(name, size * gpus, *self._told(name, size))

    def _told(self, name: str, size: float) -> tuple[str, str]:
        """Return the formula of a part, and its source."""
        plan, gpus, held = self.plan, self.plan.gpus, self.held
        match name:
            case "weights":
                return f"{self._weights()}{self._sharding}", held.settings.precision.source
            case "gradients":
                return f"{self._gradients()}{self._sharding}", _ZERO
            case "optimizer":
                return f"{self._optimizer()}{self._sharding}", held.settings.optimizer.source
            case "update":
                each = f"{held.states.update:.9g} bytes - {self.gone_bytes:.9g}"
                words = "one value per trained parameter as torch.optim steps, less what the pass took"
                return f"{gpus} GPUs x ({each}); {words}", held.settings.optimizer.source
            case "expanded_weights":
                return on_each(plan.copies, weights.expanded_formula(held.model)), weights.DEQUANT_SOURCE
            case "activations":
                each = f"{self._tokens} x {size / (self.batch * self.sequence):.6g} bytes"
                return f"{on_each(gpus, each)}; checkpointing {self.checkpointing}", activations.TRAINING_SOURCE
            case _:
                width = size / (self.batch * self.sequence * held.model.vocab)
                each = f"{self._tokens} x vocabulary {held.model.vocab} x {width:.6g} bytes"
                return on_each(gpus, each), activations.LOGITS_SOURCE

    @property
    def _tokens(self) -> str:
        return f"{self.batch} x {self.sequence} tokens"

    @property
    def _sharding(self) -> str:
        plan = self.plan
        return f"; ZeRO stage {plan.zero_stage or 0} over {plan.gpus} GPUs" if plan.gpus > 1 else ""

    def _weights(self) -> str:
        """Return the sum of the weights: each copy has all, or its share and all scales, or scales alone."""
        plan, scales = self.plan, weights.constant_bytes(self.held.model, self.held.settings.precision)
        if plan.offload_parameters:
            return on_each(plan.copies, f"{scales:.6g} bytes of scales")
        if plan.zero_stage != FULLY_SHARDED:
            return on_each(plan.copies, self._set())
        return f"{self._set()} + {plan.copies - 1} x {scales:.6g} bytes of scales" if scales else self._set()

    def _set(self) -> str:
        """Return the sum of one set of weights, with adapters, and the head where that is a copy of the embedding."""
        model, states, precision = self.held.model, self.held.states, self.held.settings.precision
        words = weights.weight_formula(model, precision)
        if self.plan.framework.unties and model.shape.tied_embeddings:
            width = max(self.held.settings.width, 2.0)
            words += f" + {model.embedding_parameters:.6g} of the head x {width:g} bytes"
        if states.adapters:
            words += f" + {states.trained:.6g} of adapters x {states.adapters / states.trained:g} bytes"
        return words

    def _gradients(self) -> str:
        plan, states, stage = self.plan, self.held.states, self.plan.zero_stage or 0
        by_layer = updates_by_layer(plan, self.held.settings.optimizer)
        if stage == FULLY_SHARDED and plan.copies > 1 and plan.framework.whole_gradients:
            words = f"({self._set()}) / {self.held.model.layers} layers" if by_layer else self._set()
            return f"{on_each(plan.copies, words)}; as wide as the weights"
        words = f"{states.trained:.6g} trained parameters x {states.gradient_bytes:.6g} bytes"
        if by_layer:
            words += f" / {self.held.model.layers} layers"
        return words if stage > 1 else on_each(plan.copies, words)

    def _optimizer(self) -> str:
        states, plan = self.held.states, self.plan
        words = f"{states.trained:.6g} trained parameters x {states.state_bytes:.6g} bytes"
        return f"{words if plan.zero_stage else on_each(plan.copies, words)}; {self.held.settings.optimizer.name}"
