"""What pasted matter states beside the user's own words: logs, YAML, tables, the output of kubectl and nvidia-smi."""

from __future__ import annotations

from typing import Final

from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.understanding import snippets
from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.fold import fold
from services.orchestrator.domain.understanding.gpus import read_gpus
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.mention import Mention
from services.orchestrator.domain.understanding.models import read_models
from services.orchestrator.domain.understanding.parts import read_parts
from services.orchestrator.domain.understanding.places import read_places
from services.orchestrator.domain.understanding.prepare import prepare
from services.orchestrator.domain.understanding.tasks import read_tasks
from services.orchestrator.domain.understanding.types import CatalogueNames

_POINTING: Final = words("pipeline.pointing")
"""Words that point at the machines listed: this, our, here."""


def with_snippet(mentions: list[Mention], snippet: str, doc: Doc, names: CatalogueNames | None) -> list[Mention]:
    """Add what pasted matter states where the user's own words do not say otherwise."""
    snippet = snippets.without_frames(snippet)
    facts = snippets.read_snippet(snippet)
    pasted = prepare(snippet, fold(snippet), "en", names)
    said = {m.field for m in mentions}
    added = [m for m in read_models(pasted) if m.field not in said and not m.negated]
    added += [m for m in read_parts(pasted) if m.field == "components" and not m.negated]
    failed = any(w in snippet for w in ("Error", "error", "exceeded", "Quota"))
    added += [m for m in read_places(pasted) if m.field == "regions" and "regions" not in said and not failed]
    rejected = bool(doc.all("past")) or any(w in snippet for w in ("Insufficient nvidia.com", "FailedScheduling"))
    if not rejected and "gpu_models" not in said:
        listed = prepare("\n".join(facts.gpu_names), fold("\n".join(facts.gpu_names)), "en", names)
        added += [m for m in read_gpus(listed) if m.field in ("gpu_models", "gpu_needed")]
        if facts.owned_gpus and "gpu_count_min" not in said:
            added.append(Mention("gpu_count_min", facts.owned_gpus, 0, 0))
    if facts.own_machines and not rejected and not failed and not doc.spoken.isdisjoint(_POINTING):
        added.append(Mention("prefers_local_cluster", True, 0, 0, implied=True))
    added += [m for m in facts.mentions if m.field not in said and not (rejected and m.field.startswith("gpu"))]
    tasks = list(read_tasks(pasted, added, known=WorkloadSpec()))
    if not said & {"domain", "model_task"}:
        added += [m for m in tasks if m.field in ("domain", "model_task")]
    if "task_type" not in said:
        added += [m for m in tasks if m.field == "task_type"]
    at_start = [m._replace(i=0, j=0) for m in added]
    return [*at_start, *mentions]
