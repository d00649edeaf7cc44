"""What a machine is meant for: a model on it, a server named after the model; software at work is no model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.mention import Mention

_FOR: Final = words("tasks.for")
_ON: Final = words("tasks.on")
_MACHINE_REACH: Final = 6
_CARD_REACH: Final = 4
_CPUS: Final = frozenset({"cpu", "cpus"})
_SERVERS: Final = frozenset({"server", "servers", "endpoint", "backend"})
_ARTICLES: Final = words("tasks.articles")
_RESEARCH: Final = words("tasks.research")
_WEAK_SERVING: Final = words("tasks.weak_serving")


def on_machine(doc: Doc, families: Sequence[Match]) -> Mention | None:
    """Return inference where a machine is meant for a model that nothing else is to be done with.

    "Qwen3 8B on two L4", "a box for Mixtral", "is a 5090 enough for it?", "bge-m3 server".
    """
    learns = any(doc.all("action", id_) for id_ in ("training", "fine_tuning"))
    for family in families if not learns and doc.spoken.isdisjoint(_RESEARCH) else ():
        if _meant_for(doc, family) or _is_on(doc, family.j) or _is_server(doc, family.j):
            return Mention("task_type", "inference", family.i, family.j, implied=True)
    return None


def _meant_for(doc: Doc, family: Match) -> bool:
    k = family.i - 1 - (doc.text(family.i - 1) in _ARTICLES)
    start = max(doc.clause_span(family.i).start, k - _MACHINE_REACH)
    return doc.text(k) in _FOR and any(
        doc.at(n, "gpu") or doc.at(n, "cue", "gpu") or doc.at(n, "cue", "node") for n in range(start, k)
    )


def _is_on(doc: Doc, j: int) -> bool:
    reach = range(j + 1, min(j + 1 + _CARD_REACH, len(doc.tokens)))
    return doc.text(j) in _ON and any(
        (doc.at(n, "gpu") or doc.at(n, "cue", "gpu") or doc.at(n, "cpu_only") or doc.text(n) in _CPUS)
        and doc.sentence[n] == doc.sentence[j]
        for n in reach
    )


def _is_server(doc: Doc, j: int) -> bool:
    """Say whether a server is named after a model or its task: "a Whisper server", "bge-m3 embedding server"."""
    task = doc.at(j, "task")
    return doc.text(task.j if task is not None else j) in _SERVERS


def runs_software(doc: Doc, match: Match) -> bool:
    """Say whether it reads "we run Argo Workflows": software is at work, no model."""
    software = doc.at(match.j, "component") if doc.text(match.i) in _WEAK_SERVING else None
    return software is not None and software.facts.get("role") != "inference_server"
