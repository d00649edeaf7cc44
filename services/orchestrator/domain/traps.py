"""What the user may not see: rules over the spec and the words it came from."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final

from services.orchestrator.domain.spec import TaskType, WorkloadSpec
from services.orchestrator.domain.understanding.lexicon import rows

_BYTES: Final = {
    "fp32": 4.0,
    "bf16": 2.0,
    "fp16": 2.0,
    "fp8": 1.0,
    "int8": 1.0,
    "int4": 0.5,
    "fp4": 0.5,
    "awq": 0.5,
    "gptq": 0.5,
}
_SMALLEST_BYTES: Final = 0.5
"""Bytes per parameter of the smallest common quantization, 4 bits."""
_TOKENS_PER_PARAMETER: Final = 20.0
"""Training tokens per parameter at which loss per FLOP is best (Hoffmann et al. 2022)."""
_FLOPS_PER_PARAMETER_AND_TOKEN: Final = 6.0
_FLOPS_PER_SECOND: Final = 4e14
"""What one H100 sustains in training: 40% of its 989 TFLOPS (BF16, dense)."""


@cache
def _rules() -> dict[str, Any]:
    return tomllib.loads(files("services.orchestrator.domain").joinpath("traps.toml").read_text(encoding="utf-8"))


def traps(spec: WorkloadSpec, words: str = "") -> tuple[str, ...]:
    """Return what to point out, one sentence or two each, the most concrete first. words: all that the user said."""
    words = " ".join([words, *(o.words for o in spec.origins.values())]).lower()
    found = [t for t in (_too_large(spec), _too_long(spec)) if t]
    found += [rule["text"] for rule in _rules().values() if _holds(rule, spec, words)]
    return tuple(found)


def _holds(rule: Mapping[str, Any], spec: WorkloadSpec, words: str) -> bool:
    return all(_condition(key, wanted, spec, words) for key, wanted in rule.items() if key != "text")


def _condition(key: str, wanted: Sequence[Any], spec: WorkloadSpec, words: str) -> bool:
    if key == "words":
        return all(re.search(pattern, words) for pattern in wanted)
    if key == "unless":
        return not any(re.search(pattern, words) for pattern in wanted)
    if key == "models":
        return any(name == w or name.startswith((w, f"{w} ")) for name in spec.models for w in wanted)
    if key == "regions_match":
        return any(re.search(pattern, region) for region in spec.regions for pattern in wanted)
    if key == "unset":
        return all(getattr(spec, field) in (None, ()) for field in wanted)
    value = getattr(spec, key)
    return any(v in wanted for v in (value if isinstance(value, tuple) else (value,)))


@cache
def _gpu_memory() -> dict[str, float]:
    return {row["name"]: float(row["memory_gb"]) for row in rows("gpus") if row["memory_gb"]}


def _too_large(spec: WorkloadSpec) -> str:
    """Warn where the weights alone exceed the memory of the GPUs that were named, even at 4 bits."""
    memory = [m for name in spec.gpu_models if (m := _gpu_memory().get(name))]
    if not memory or spec.gpu_count_min is None or spec.model_params_b is None:
        return ""
    each = _BYTES.get(spec.precision or "", _SMALLEST_BYTES)
    needed, there = spec.model_params_b * each, max(memory) * spec.gpu_count_min
    if needed <= there:
        return ""
    bits = round(each * 8)
    return (
        f"A model of {spec.model_params_b:g}B parameters does not fit: its weights alone take about {needed:,.0f} GB "
        f"at {bits} bits, and {spec.gpu_count_min} x {spec.gpu_models[0]} hold {there:,.0f} GB."
    )


def _too_long(spec: WorkloadSpec) -> str:
    """Warn where pre-training cannot be done in the time on the GPUs that were named."""
    if spec.task_type is not TaskType.TRAINING or not spec.model_params_b or not spec.deadline_hours:
        return ""
    if spec.model_params_b < 1 or spec.gpu_count_min is None:
        return ""
    parameters = spec.model_params_b * 1e9
    flops = _FLOPS_PER_PARAMETER_AND_TOKEN * parameters * parameters * _TOKENS_PER_PARAMETER
    gpu_hours = flops / _FLOPS_PER_SECOND / 3600
    if gpu_hours <= spec.gpu_count_min * spec.deadline_hours:
        return ""
    return (
        f"Training {spec.model_params_b:g}B parameters from scratch takes about {gpu_hours:,.0f} H100-hours (20 tokens "
        f"per parameter); {spec.gpu_count_min} GPUs in {spec.deadline_hours:g} hours cannot do that. Fine-tuning a "
        "published model, for example with LoRA, can."
    )
