"""How large the data of a job are: stated in bytes, else what its items, tokens or hours come to."""

from __future__ import annotations

from typing import Final

from services.orchestrator.domain.planning.amounts import AUDIO_GB_PER_HOUR, TOKENS_PER_HOUR, Amount
from services.orchestrator.domain.planning.runs import BYTES_PER_TOKEN, ITEM_MB, VOLUME_MB, RunSize, modality_of
from services.orchestrator.domain.spec import WorkloadSpec

LEAST_GB: Final = 0.1
"""Below this a dataset is said to be about this large."""


def size_gb(
    spec: WorkloadSpec, task: str, *, volumes: bool, run: RunSize | None, amount: Amount | None, said: list[str]
) -> float:
    """Return the decimal gigabytes of a dataset, 0 where nothing tells; what they follow from is added to said.

    volumes: its items are 3-D studies. run, amount: what a training run or a batch goes through.
    """
    if spec.dataset_size_gb:
        return spec.dataset_size_gb
    found = _of_run(run) if run else _of_batch(amount) if amount else None
    if found is None:
        return 0.0
    count, noun, each_gb = found
    if noun == "item":
        each_gb = each_gb or (VOLUME_MB if volumes else ITEM_MB[modality_of(spec, task)]) / 1000
    size = round(max(count * each_gb, LEAST_GB), 1)
    said.append(f"The dataset is about {size:,.1f} GB ({_bytes(each_gb)} for each {noun}).")
    return size


def _of_run(run: RunSize) -> tuple[float, str, float]:
    if run.tokens is not None:
        return run.tokens, "token", BYTES_PER_TOKEN / 1e9
    return run.samples or 0, "item", 0.0


def _of_batch(amount: Amount) -> tuple[float, str, float] | None:
    if amount.spoken_tokens is not None:
        return amount.spoken_tokens / TOKENS_PER_HOUR, "hour of speech", AUDIO_GB_PER_HOUR
    if amount.text_tokens is not None:
        return amount.text_tokens, "token", BYTES_PER_TOKEN / 1e9
    if amount.items is None:
        return None
    return amount.items, "item", amount.tokens_each * BYTES_PER_TOKEN / 1e9


def _bytes(gigabytes: float) -> str:
    for unit, size in (("GB", 1.0), ("MB", 1e3), ("kB", 1e6)):
        if gigabytes * size >= (0.01 if unit == "GB" else 0.1):
            return f"{gigabytes * size:.3g} {unit}"
    return f"{gigabytes * 1e9:.3g} bytes"
