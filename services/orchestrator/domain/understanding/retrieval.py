"""Answering from one's own documents (RAG), said without the word: "question 120,000 contracts", "ask our wiki"."""

from __future__ import annotations

from typing import Final

from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.model_facts import domains_named
from services.orchestrator.domain.understanding.polarity import negated

_REACH: Final = 9
_COUNTED: Final = 2
"""Words from a number to the documents that it counts."""
_FEWEST: Final = 100
_LOAD_REACH: Final = 3
_THEM: Final = words("retrieval.them")
_VERB_LAST: Final = frozenset({"de", "nl", "tr", "ja", "ko", "hi", "zh"})
"""Languages in which the documents may stand before what is asked of them."""
_OTHER_TASKS: Final = frozenset({"text-generation", "question-answering"})


def asks_documents(doc: Doc) -> Match | None:
    """Return the words that wish to ask documents, or None."""
    counted = (m for m in doc.all("items", "text") if _is_many(doc, m))
    collections = [m for m in (*doc.all("collection"), *counted) if not negated(doc, m.i, m.j)]
    if not collections:
        return None
    speaks_of_llm = bool(doc.all("task", "text-generation")) or "llm" in domains_named(doc)
    for ask in doc.all("ask"):
        if ask.id == "search" and not speaks_of_llm:
            continue
        if any(_about(doc, ask, c) for c in collections) and not negated(doc, ask.i, ask.j):
            return ask
    return None


def _is_many(doc: Doc, documents: Match) -> bool:
    """Say whether so many of them are counted that they are a collection: "over 3,200 tenancy agreements"."""
    before = range(documents.i - _COUNTED, documents.i + 1)
    load = doc.near(documents.i, documents.j, "cue", "concurrency", before=0, after=_LOAD_REACH)
    if load is not None or doc.near(documents.i, documents.j, "per", before=0, after=_LOAD_REACH) is not None:
        return False  # "120 chats at any one time": what comes in
    return any((number := doc.number_to.get(n)) is not None and number.value >= _FEWEST for n in before)


def _about(doc: Doc, ask: Match, collection: Match) -> bool:
    if doc.sentence[ask.i] != doc.sentence[collection.i]:
        return _of_them(doc, ask) and collection.j <= ask.i
    if collection.i >= ask.j:
        between = range(ask.j, collection.i)
        return len(between) <= _REACH and _joined(doc, ask, between)
    before = range(collection.j, ask.i)
    return len(before) <= _REACH and (
        _of_them(doc, ask)
        or (doc.language in _VERB_LAST and ask.id in ("question", "documents") and _only(doc, before))
    )


def _joined(doc: Doc, ask: Match, between: range) -> bool:
    """Say whether the words between ask and documents join them, and nothing else is done in between."""
    if not _only(doc, between):
        return False
    if ask.id in ("documents", "search"):
        return True
    kind = "bot" if ask.id == "bot" else None  # what joins a bot to documents joins a question to them as well
    return any(doc.at(k, "over", kind) is not None for k in between)


def _only(doc: Doc, between: range) -> bool:
    """Say whether no other task is named in between: "an assistant to summarise documents"."""
    for k in between:
        task = doc.at(k, "task")
        if task is not None and task.id not in _OTHER_TASKS:
            return False
        if any(doc.at(k, "action", a) for a in ("training", "fine_tuning")) or doc.at(k, "verb"):
            return False
    return True


def _of_them(doc: Doc, ask: Match) -> bool:
    """Say whether what is asked was named before: "ask questions about them"."""
    return ask.id != "bot" and any(doc.text(k) in _THEM for k in range(ask.j, ask.j + 4))
