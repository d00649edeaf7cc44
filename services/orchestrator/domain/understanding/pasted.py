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
_OUTGROWN: Final = re.compile(rf"(?<!\w)(?:{'|'.join(sorted(words('pipeline.outgrown')))})(?!\w)")
"""Words by which other machines are wanted than those listed."""
_MOST_GPUS: Final = 1024
_ROWS: Final = sorted(words("pipeline.rows"))
_CELL_END: Final = re.compile(r"[,;\t]")
_SCHEDULED: Final = re.compile(r"(?i)\bbatch (?:job|script|step|system|queue|submission)s?\b")
"""What schedulers call any work that is handed to them, be it a training or a server."""
_COUNTED: Final = ("bytes", "time", "currency", "per", "people", "requests", "items")
"""What tells what else a number counts, right behind it."""
_LIKE: Final = words("pipeline.like")
"""Words by which something is to be had as others have it: "the same as search"."""


def with_snippet(mentions: list[Mention], snippet: str, doc: Doc, names: CatalogueNames | None) -> list[Mention]:
    """Add what pasted matter states where the user's own words do not say otherwise."""
    snippet = snippets.without_frames(snippet)
    facts = snippets.read_snippet(snippet)
    pasted = prepare(snippet, fold(snippet), "en", names)
    if any(f.facts["domain"] == "llm" for f in pasted.all_names("family")):  # "this config, 18k rows": of text
        mentions = [m for m in mentions if m.value != "tabular" or not m.implied]
    mentions = [*_of_nodes(mentions, facts.node_gpus, doc), *_bare_count(mentions, facts, doc)]
    said = {m.field for m in mentions}
    added = [m for m in read_models(pasted) if m.field not in said and not m.negated]
    added += [m for m in read_parts(pasted) if m.field == "components" and not m.negated]
    failed = any(w in snippet for w in ("Error", "error", "exceeded", "Quota"))
    added += [m for m in read_places(pasted) if m.field == "regions" and "regions" not in said and not failed]
    rejected = bool(doc.all("past")) or any(w in snippet for w in ("Insufficient nvidia.com", "FailedScheduling"))
    outgrown = facts.owned_gpus and _OUTGROWN.search(doc.folded)
    if outgrown and "gpu_needed" not in said:
        added.append(Mention("gpu_needed", True, 0, 0, implied=True))
    if not rejected and not outgrown and "gpu_models" not in said:
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
    told = _SCHEDULED.sub(lambda said: " " * len(said.group()), snippet)
    working = pasted if told == snippet else prepare(told, fold(told), "en", names)
    tasks = list(read_tasks(working, added, known=WorkloadSpec()))
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


def _bare_count(mentions: list[Mention], facts: snippets.Facts, doc: Doc) -> Iterator[Mention]:
    """Read the number that is put in place of the GPUs pasted: "like this, but four is enough", "but make it 4"."""
    counted = any(m.field == "gpu_count_min" for m in facts.mentions)
    if not counted or any(m.field == "gpu_count_min" for m in mentions):
        return
    for number in reversed(doc.numbers):
        told = doc.at(number.j, "positive", "after") or doc.ending(number.i, "correction")
        alone = not doc.text(number.j).isalpha() or doc.at(number.j, "positive", "after")
        free = not any(m.i < number.j and number.i < m.j for m in mentions)
        whole = number.value == int(number.value) and 1 <= number.value <= _MOST_GPUS and not number.billions
        if (
            told
            and alone
            and free
            and whole
            and not doc.any_at(number.j, _COUNTED)
            and not doc.at(number.i - 1, "currency")
        ):
            yield Mention("gpu_count_min", int(number.value), number.i, number.j)
            return


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
