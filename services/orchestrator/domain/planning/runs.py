"""How much a training run has to go through: stated where it was said, else assumed and told."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from services.orchestrator.domain.planning.stated import corpus_tokens_in, recorded_hours_in
from services.orchestrator.domain.spec import Modality, TaskType, WorkloadSpec

BYTES_PER_TOKEN: Final = 4
"""English text; source: the usual rule of makers of tokenizers."""
ITEM_MB: Final = {
    Modality.TEXT: 0.004,
    Modality.IMAGE: 0.3,
    Modality.VIDEO: 20.0,
    Modality.AUDIO: 1.0,
    Modality.TABULAR: 0.0001,
    Modality.MIXED: 0.3,
}
"""Usual size of one item."""
_TAKES: Final = (
    ("text-to-", Modality.TEXT),
    ("speech", Modality.AUDIO),
    ("audio", Modality.AUDIO),
    ("video", Modality.VIDEO),
    ("tabular", Modality.TABULAR),
    ("time-series", Modality.TABULAR),
    *((word, Modality.IMAGE) for word in ("image", "object", "depth", "mask", "keypoint")),
)
"""What items are by a word of the task, the first that fits."""
VOLUME_MB: Final = 50.0
"""Usual size of one 3-D study."""
TOKENS_PER_PARAMETER: Final = 20
"""Of a language model trained from the ground up, at which loss for the effort is best (Hoffmann et al. 2022)."""
USUAL_SIZE_B: Final = 8.0
USUAL_ITEMS: Final = 100_000
USUAL_EXAMPLES: Final = 10_000
"""Items of a dataset that nothing was said of; examples to fine-tune a language model on."""
SAMPLES_PER_HOUR: Final = 120
"""Of speech: recognisers read thirty seconds at once (Whisper, arXiv:2212.04356)."""
WEEK_HOURS: Final = 168.0
"""A run is planned to end within this when no deadline was said."""

READ_MB_PER_SECOND: Final = 500.0
"""What a volume of solid-state disks delivers to one machine. Between what is had without asking (AWS gp3: 125, Azure
P40: 250) and the most (AWS gp3: 1,000, Google SSD: 1,200); source: their documentation of disks, as of 2026."""
MANY: Final = 1_000_000
"""Machines, more than any plan has."""
CACHED: Final = 0.5
"""Share of main memory that keeps data once it was read."""


def modality_of(spec: WorkloadSpec, task: str) -> Modality:
    """Return what the items of a dataset are: what was said, else what the task takes in."""
    if spec.dataset_modality:
        return spec.dataset_modality
    return next((modality for word, modality in _TAKES if word in task), Modality.TEXT)


class RunSize(NamedTuple):
    """What one run goes through."""

    samples: int | None
    tokens: int | None
    """Of text, where the size of the dataset is known rather than its items."""
    epochs: float


def run_size(spec: WorkloadSpec, words: str, task: str, *, language: bool, volumes: bool, said: list[str]) -> RunSize:
    """Return samples or tokens and passes of a run; what is assumed is added to said. words: the user's description,
    which may state tokens."""
    epochs = _epochs(spec, language=language, volumes=volumes)
    passes = f"{epochs:g} {'pass' if epochs == 1 else 'passes'} over the data"
    text = spec.dataset_modality in (None, Modality.TEXT)
    if language and (stated := corpus_tokens_in(words)):
        said.append(f"The dataset has the {stated / 1e9:,.3g} billion tokens that were named; a run makes {passes}.")
        return RunSize(None, stated, epochs)
    if spec.dataset_items:
        said.append(f"A run makes {passes}.")
        return RunSize(spec.dataset_items, None, epochs)
    if task == "automatic-speech-recognition" and (hours := recorded_hours_in(words)):
        items = max(1, round(hours * SAMPLES_PER_HOUR))
        said.append(
            f"The {hours:,g} hours of speech that were named are {items:,} samples of thirty seconds; "
            f"a run makes {passes}."
        )
        return RunSize(items, None, epochs)
    if language and text and spec.dataset_size_gb:
        tokens = int(spec.dataset_size_gb * 1e9 / BYTES_PER_TOKEN)
        said.append(f"The dataset has about {tokens / 1e9:,.3g} billion tokens (4 bytes each); a run makes {passes}.")
        return RunSize(None, tokens, epochs)
    if spec.dataset_size_gb:
        size = VOLUME_MB if volumes else ITEM_MB[modality_of(spec, task)]
        items = max(1, round(spec.dataset_size_gb * 1000 / size))
        noun = "studies" if volumes else "items"
        said.append(f"The dataset has about {items:,} {noun} of {size:g} MB each; a run makes {passes}.")
        return RunSize(items, None, epochs)
    if language and spec.task_type is TaskType.TRAINING:
        size = spec.model_params_b or USUAL_SIZE_B
        said.append(
            f"Nothing was said of the data, so {TOKENS_PER_PARAMETER} tokens for each parameter are planned for "
            f"({size * TOKENS_PER_PARAMETER:,.0f} billion; Hoffmann et al. 2022)."
        )
        return RunSize(None, int(size * TOKENS_PER_PARAMETER * 1e9), epochs)
    items = USUAL_EXAMPLES if language else USUAL_ITEMS
    said.append(f"The dataset has {items:,} examples, because its size was not said; a run makes {passes}.")
    return RunSize(items, None, epochs)


def reading_hours(gigabytes: float, passes: float, *, memory_gib: float | None, machines: int) -> float:
    """Return how long reading the data takes, in hours: each machine reads its share in every pass, or once where its
    main memory keeps it. Rounded as estimates of runs are."""
    share = gigabytes / max(machines, 1)
    kept = max(machines, 1) >= keepers(gigabytes, memory_gib)
    return round(share * (min(passes, 1.0) if kept else passes) * 1000 / READ_MB_PER_SECOND / 3600, 2)


def keepers(gigabytes: float, memory_gib: float | None) -> int:
    """Return how many machines keep the data in their main memory together; MANY where their memory is not known."""
    if not memory_gib:
        return MANY
    return min(MANY, math.ceil(gigabytes * 1e9 / (memory_gib * CACHED * 2**30)))


def _epochs(spec: WorkloadSpec, *, language: bool, volumes: bool) -> float:
    if language:
        return 3.0 if spec.task_type is TaskType.FINE_TUNING else 1.0
    if volumes:
        return 20.0
    return 10.0 if spec.task_type is TaskType.FINE_TUNING else 30.0
