"""What pasted matter states beside the user's own words: logs, YAML, tables, the output of kubectl and nvidia-smi."""

from __future__ import annotations

import re
from collections.abc import Iterator
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
_QUANTITIES: Final = words("pipeline.quantities")
_ROWS: Final = sorted(words("pipeline.rows"))
_CELL_END: Final = re.compile(r"[,;\t]")
_LIKE: Final = words("pipeline.like")
"""Words by which something is to be had as others have it: "the same as search"."""


def with_snippet(mentions: list[Mention], snippet: str, doc: Doc, names: CatalogueNames | None) -> list[Mention]:
    """Add what pasted matter states where the user's own words do not say otherwise."""
    snippet = snippets.without_frames(snippet)
    facts = snippets.read_snippet(snippet)
    pasted = prepare(snippet, fold(snippet), "en", names)
    if any(f.facts["domain"] == "llm" for f in pasted.all_names("family")):  # "this config, 18k rows": of text
        mentions = [m for m in mentions if m.value != "tabular" or not m.implied]
    mentions = _of_nodes(mentions, facts.node_gpus, doc)
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
    if facts.disk_gb and "dataset_size_gb" not in said and doc.all("cue", "data"):
        added.append(Mention("dataset_size_gb", facts.disk_gb, 0, 0))
    if "gpu_models" not in said and (row := _row_named(snippet, doc)):
        of_row = list(read_gpus(prepare(row, fold(row), "en", names)))
        added = [m for m in added if not m.field.startswith("gpu")] + of_row
    if "gpu_models" in said and "gpu_count_min" not in said:
        added += _quantity_of_row(snippet, doc)
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


def _quantity_of_row(snippet: str, doc: Doc) -> Iterator[Mention]:
    """Read the quantity in the row of a list of prices that the user points at: "the L40S line is what we ordered"."""
    rows = [[fold(cell).strip() for cell in _CELL_END.split(line)] for line in snippet.splitlines() if line.strip()]
    column = next((n for n, cell in enumerate(rows[0]) if cell in _QUANTITIES), 0) if rows else 0
    for first, *rest in rows[1:] if column else ():
        pointed = first and re.search(rf"(?<!\w){re.escape(first)}\s+(?:{'|'.join(_ROWS)})(?!\w)", doc.folded)
        if pointed and len(rest) >= column and rest[column - 1].isdigit() and int(rest[column - 1]):
            yield Mention("gpu_count_min", int(rest[column - 1]), 0, 0)


def _of_nodes(mentions: list[Mention], node_gpus: tuple[int, ...], doc: Doc) -> list[Mention]:
    """Return the mentions with "use those two GPU nodes" read as the GPUs of that many of the nodes listed."""
    counted = [
        m for m in mentions
        if m.field == "gpu_count_min" and doc.at(m.j, "cue", "node") and 1 <= m.value <= len(node_gpus)
    ]  # fmt: skip
    return [m._replace(value=sum(node_gpus[: m.value])) if m in counted else m for m in mentions]


def _row_named(snippet: str, doc: Doc) -> str:
    """Return the row of a table that the user points at by its first cell: "we'd be happy with what search has"."""
    for row in (line.strip().strip("|") for line in snippet.splitlines() if line.strip().startswith("|")):
        first, _, rest = row.partition("|")
        name = fold(first).strip()
        for k in range(len(doc.tokens) if name in doc.spoken and name.isalpha() else 0):
            if doc.text(k) == name and not {doc.text(k - 1), doc.text(k - 2)}.isdisjoint(_LIKE):
                return rest
    return ""
