"""Several workloads in one conversation: a training run, and the serving of what it made.

The spec tells one workload, as the last words put it. That there are two is read from the spec where a run comes with
a load, else from the user's own words where serving is said to come after the run.
"""

from __future__ import annotations

import re
from typing import Any, Final

from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.planning.servers import SERVER
from services.orchestrator.domain.planning.standing import ROLE_OF_SOFTWARE
from services.orchestrator.domain.spec import Origin, TaskType, WorkloadSpec

RUNS: Final = frozenset({TaskType.TRAINING, TaskType.FINE_TUNING})
_LOAD: Final = ("concurrency", "requests_per_second", "tokens_per_second", "latency_ms_p95")
_OF_SERVING: Final = (*_LOAD, "high_availability")
_OF_RUN: Final = (
    "dataset_size_gb",
    "dataset_items",
    "dataset_modality",
    "deadline_hours",
    "budget_usd_total",
    "gpu_count_min",
    "vram_gb_min_per_gpu",
    "vram_gb_min_total",
)
TRAINED: Final = "the model that the run trains"
"""The words of a model's name in the spec of serving, where the user named none."""

_RUN: Final = re.compile(r"\b(?:fine[- ]?tun(?:e|ing)|(?:re-?|pre-?)?train(?:ing)?)\b", re.IGNORECASE)
_TUNE: Final = re.compile(r"\bfine[- ]?tun(?:e|ing)\b", re.IGNORECASE)
_THEN: Final = r"(?:and|then|after(?:wards?)?|later|once|next|when|plus|now|[,;.:+&\n])"
_SERVE: Final = re.compile(
    rf"{_THEN}\s*(?:[\w'-]+\s+){{0,5}}?(?P<verb>serv(?:e|ed|ing)|host(?:ed|ing)?|deploy(?:ed|ing)?|inference)\b"
    r"(?!\s+(?:data|logs?|tickets?|requests?|history|agents?))",
    re.IGNORECASE,
)
_DENIED: Final = re.compile(
    r"\b(?:no|not|don't|never|without|instead|rather|forget|skip|drop|only|just|already|previously)\b", re.IGNORECASE
)
_BACKWARD: Final = re.compile(
    r"\b(?:it|that|this|the (?:model|result|trained|tuned|fine-?tuned)|then|after(?:wards)?|also|too|as well)\b",
    re.IGNORECASE,
)


def stages(spec: WorkloadSpec, words: str) -> tuple[WorkloadSpec, ...]:
    """Return the spec of each workload in the order they come: one, or a run and the serving after it.

    words: all that the user said, one message a line. What concerns time, data and the machines of a run stays with
    the run, load and server with serving; GPU types with the one beside which they are named; everything else holds
    for both.
    """
    loaded = any(getattr(spec, field) for field in _LOAD)
    if spec.task_type in RUNS and (loaded or _serves_after(words)):
        kind = spec.task_type
    elif spec.task_type is TaskType.INFERENCE and _continues_a_run(words):
        kind = TaskType.FINE_TUNING if _TUNE.search(words) else TaskType.TRAINING
    else:
        return (spec,)
    run_gpus, serving_gpus = _gpus_of_each(spec, words)
    components = tuple(name for name in spec.components if ROLE_OF_SOFTWARE.get(name) != SERVER)
    of_run = {"task_type": kind, "gpu_models": run_gpus, "components": components}
    run = spec.with_fields({**dict.fromkeys(_OF_SERVING), **of_run})
    changes = {**dict.fromkeys(_OF_RUN), "task_type": TaskType.INFERENCE, "gpu_models": serving_gpus}
    return run, spec.with_fields(changes)


def _gpus_of_each(spec: WorkloadSpec, words: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the GPU types of the run and of serving: "train on H100, serve on L4"."""
    run = _RUN.search(words)
    serve = _SERVE.search(words, run.end()) if run else None
    if run is None or serve is None:
        return spec.gpu_models, spec.gpu_models
    of_run, of_serving = shared_out(spec.gpu_models, [run.group(), serve["verb"]], words, after=run.start())
    return of_run, of_serving


def shared_out(names: tuple[str, ...], anchors: list[str], words: str, *, after: int = 0) -> list[tuple[str, ...]]:
    """Return the names that each anchor has: those named after it and before the next. All have all where the words do
    not share them out among at least two. after: where in the words to begin."""
    text, places, start = words.casefold(), list[int](), after
    for anchor in anchors:
        start = text.find(anchor.casefold(), start)
        places.append(start)
        start = max(start, 0) + 1
    every = [names for _ in anchors]
    if len(anchors) < 2 or min(places) < 0 or places != sorted(places):
        return every
    found: list[list[str]] = [[] for _ in anchors]
    for name in names:
        plain = re.escape(name.partition("-")[0].casefold())
        match = re.search(rf"(?<![a-z0-9]){plain}(?:s\b|(?![a-z0-9]))", text[after:])
        before = [n for n, place in enumerate(places) if match and place < after + match.start()]
        if not before:
            return every
        found[before[-1]].append(name)
    # "Both on L4" follows the last anchor, yet is of all.
    return [tuple(each) for each in found] if sum(map(bool, found)) > 1 else every


def of_trained(spec: WorkloadSpec, run: DeploymentPlan) -> WorkloadSpec:
    """Return the spec of serving, for the very model that a run trains."""
    lead = run.gpu_recommendations[0] if run.gpu_recommendations else None
    if lead is None or not lead.model_id:
        return spec
    named = spec.origins.get("models")
    changes: dict[str, Any] = {"models": (lead.model_id,)}
    words = named.words if named and spec.models else TRAINED
    return spec.with_fields(changes, origins={"models": Origin(kind="implied", turn=1, words=words)})


def _serves_after(words: str) -> bool:
    """Tell whether serving is said to come after a run."""
    run = _RUN.search(words)
    return run is not None and any(not _denied(words, m) for m in _SERVE.finditer(words, run.end()))


def _continues_a_run(words: str) -> bool:
    """Tell whether a later message asks to serve what an earlier one wanted trained."""
    run = _RUN.search(words)
    if run is None or _denied(words, run):
        return False
    begin = words.find("\n", run.end())
    serve = _SERVE.search(words, begin) if begin >= 0 else None
    if serve is None:
        return False
    start = words.rfind("\n", 0, serve.start("verb")) + 1
    text = words[start:].partition("\n")[0]
    return bool(_BACKWARD.search(text)) and not _DENIED.search(words, start)


def _denied(words: str, match: re.Match[str]) -> bool:
    """Tell whether a denial stands in the same clause, before or after what matched."""
    start = max(words.rfind(mark, 0, match.start() + 1) for mark in ".;\n") + 1
    before = words[max(start, match.start() - 40) : match.end()]
    return bool(_DENIED.search(before))
