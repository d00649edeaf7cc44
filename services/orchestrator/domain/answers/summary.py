"""The spec in a sentence, as we read it back to the user."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from services.orchestrator.domain.spec import WorkloadSpec


def _names(values: tuple[str, ...]) -> str:
    return ", ".join(str(v) for v in values)


_PLACES: Final = {
    "EU": "the EU",
    "US": "the US",
    "UK": "the UK",
    "APAC": "Asia-Pacific",
    "CA": "Canada",
    "IN": "India",
    "JP": "Japan",
    "AU": "Australia",
    "ME": "the Middle East",
    "LATAM": "Latin America",
    "AF": "Africa",
}


def _number(value: float) -> str:
    return f"{value:,.10g}"


_PHRASES: Final[dict[str, Callable[[Any], str]]] = {
    "task_type": lambda v: v.replace("_", " "),
    "domain": lambda v: {"llm": "language model (LLM)"}.get(v, v.replace("_", " ")),
    "model_task": lambda v: v.replace("-", " "),
    "models": _names,
    "model_params_b": lambda v: f"{_number(v)}B parameters",
    "dataset_size_gb": lambda v: f"{_number(v)} GB of data",
    "dataset_items": lambda v: f"{v:,} data items",
    "dataset_modality": lambda v: f"{v} data",
    "gpu_needed": lambda v: "GPUs wanted" if v else "no GPU",
    "gpu_models": lambda v: f"on {_names(v)}",
    "gpu_models_excluded": lambda v: f"not on {_names(v)}",
    "gpu_count_min": lambda v: f"at least {v} GPU{'s' if v > 1 else ''}",
    "vram_gb_min_per_gpu": lambda v: f"at least {_number(v)} GB per GPU",
    "vram_gb_min_total": lambda v: f"at least {_number(v)} GB of GPU memory in total",
    "budget_usd_hour": lambda v: f"at most ${_number(v)} per hour",
    "budget_usd_month": lambda v: f"at most ${_number(v)} per month",
    "budget_usd_total": lambda v: f"at most ${_number(v)} in total",
    "providers": lambda v: f"on {_names(v)}",
    "providers_excluded": lambda v: f"not on {_names(v)}",
    "regions": lambda v: f"in {_names(v)}",
    "geos": lambda v: f"in {_names(tuple(_PLACES.get(g) or g.title() for g in v))}",
    "spot_ok": lambda v: "spot machines are fine" if v else "no spot machines",
    "concurrency": lambda v: f"{v:,} requests at the same time",
    "requests_per_second": lambda v: f"{_number(v)} requests per second",
    "tokens_per_second": lambda v: f"{_number(v)} tokens per second",
    "latency_ms_p95": lambda v: f"answers within {_number(v)} ms",
    "context_tokens": lambda v: f"a context of {v:,} tokens",
    "precision": lambda v: v.upper(),
    "license": lambda v: {"commercial_ok": "commercial use allowed", "open_source": "open source"}.get(
        v, f"licence {v}"
    ),
    "components": lambda v: f"with {_names(v)}",
    "component_roles": lambda v: f"with {_names(tuple(r.replace('_', ' ') for r in v))}",
    "compliance": lambda v: _names(tuple(c.upper() for c in v)),
    "deadline_hours": lambda v: f"done within {_number(v)} hours",
    "prefers_local_cluster": lambda v: "on your own machines" if v else "not on your own machines",
    "high_availability": lambda v: "highly available" if v else "no high availability needed",
}


def summary(spec: WorkloadSpec) -> str:
    """Return what is set, in words, or an empty string."""
    stated = spec.stated()
    parts = [phrase(stated[field]) for field, phrase in _PHRASES.items() if field in stated]
    if spec.budget_amount is not None:
        period = {"total": "in total"}.get(spec.budget_period or "", f"per {spec.budget_period or 'month'}")
        parts.append(f"at most {_number(spec.budget_amount)} {spec.budget_currency} {period}")
    return ", ".join(parts)
