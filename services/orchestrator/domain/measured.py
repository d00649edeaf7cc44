"""What words measure and speak of, as the grammars read them: the unit beside a number, the matter of a yes or no."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from typing import Final

from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.fold import fold
from services.orchestrator.domain.understanding.gpus import read_gpus
from services.orchestrator.domain.understanding.language import detect
from services.orchestrator.domain.understanding.lexicon import words as guard
from services.orchestrator.domain.understanding.numbers import Number
from services.orchestrator.domain.understanding.prepare import prepare
from services.orchestrator.domain.understanding.traits import read_traits

_MATTERS: Final = {
    "spot_ok": ("spot", "demand"),
    "high_availability": ("ha",),
    "prefers_local_cluster": ("local", "cloud", "owning", "owned_use"),
    "gpu_needed": ("gpu", "gpu_need", "cpu_only", "maybe_gpu"),
}
"""Kinds of words of the lexicon that a wish said by yes or no is told with."""
_DENYING: Final = ("negation", "denial", "verdict", "cpu_only", "demand", "cloud")
"""Kinds of words that a no may be told with."""
_MONEY: Final = frozenset({"currency"})
_COUNTED: Final = frozenset({"items", "requests", "people"})
_FITTING: Final = {
    "model_params_b": frozenset({"params"}),
    "dataset_size_gb": frozenset({"bytes"}),
    "dataset_items": _COUNTED,
    "gpu_count_min": frozenset({"gpu", "node"}),
    "vram_gb_min_per_gpu": frozenset({"bytes"}),
    "vram_gb_min_total": frozenset({"bytes"}),
    "budget_usd_hour": _MONEY,
    "budget_usd_month": _MONEY,
    "budget_usd_total": _MONEY,
    "budget_amount": _MONEY,
    "concurrency": frozenset({"requests"}),
    "requests_per_second": frozenset({"items", "requests"}),
    "tokens_per_second": frozenset({"tokens"}),
    "latency_ms_p95": frozenset({"time"}),
    "context_tokens": frozenset({"tokens"}),
    "deadline_hours": frozenset({"time"}),
}
"""Units in which a field's number may be said, where the words beside the number name one."""
_UNITS: Final = ("bytes", "time", "currency", "items", "requests", "people", "gpu")
_CUES: Final = ("gpu", "node", "tokens", "params")
_PERCENT: Final = guard("revision.percent")
_BETWEEN_MOST: Final = 1
"""Words between a number and what it counts: "70 happy people"."""
_SHORT_WORD: Final = 3
"""Letters of words that join rather than describe: "4 for users" counts no users."""
_SENTENCE_END: Final = re.compile(r"(?<=[.!?。])\s+|\n+")


@lru_cache(maxsize=64)
def read(text: str) -> Doc:
    """Return a text as the grammars read it, its numbers found."""
    folded = fold(text)
    return prepare(text, folded, detect(folded, text), None)


def sentences_of(message: str) -> Iterator[str]:
    """Yield the sentences of a message."""
    return (sentence for sentence in _SENTENCE_END.split(message) if sentence)


def written_numbers(text: str) -> Iterator[tuple[float, str]]:
    """Yield the numbers that a text writes in words, with the words.

    Not "one", which is an article or a pronoun more often, nor "half precision".
    """
    doc = read(text)
    counting = (n for n in doc.numbers if n.written and n.value != 1 and not doc.at(n.i, "precision"))
    return ((n.value, doc.words(n.i, n.j)) for n in counting)


def speaks_of(field: str, words: str) -> bool:
    """Tell whether words speak of the matter of a field that is a yes or no: "our team" says nothing of failing."""
    doc = read(words)
    asked = field == "gpu_needed" and bool(doc.all("cue", "gpu"))
    return asked or doc.speaks_of(*_MATTERS[field])


def denies(field: str, value: bool, words: str, message: str) -> bool:
    """Tell whether the words of a yes or no say the opposite: "spot is out" is no yes to spot.

    The sentence that they stand in is read whole, since a quote may leave its "not" out. Where the grammars read the
    matter there, their reading counts; else a no needs words that deny.
    """
    said = [read(s) for s in sentences_of(message) if fold(words).strip() in fold(s)] or [read(words)]
    found = [heard for doc in said for heard in _heard(field, doc)]
    if found:
        return value not in found
    return not value and not any(doc.speaks_of(*_DENYING) for doc in said)


def _heard(field: str, doc: Doc) -> Iterator[bool]:
    """Yield the yes and no that the grammars read of a matter."""
    mentions = chain(read_traits(doc, doc.folded), read_gpus(doc) if field == "gpu_needed" else ())
    return (m.value for m in mentions if m.field == field and isinstance(m.value, bool))


def fits(field: str, number: Number, doc: Doc) -> bool:
    """Tell whether a number of a text may be a field's: the words beside it name no unit, or one that fits."""
    units = _units(doc, number)
    if not units or units & _FITTING[field]:
        return True
    at_once = bool(doc.all("cue", "concurrency"))
    return field == "concurrency" and "people" in units and at_once


def _units(doc: Doc, number: Number) -> frozenset[str]:
    """Return what the words beside a number say that it measures; empty where they do not say."""
    if number.billions:
        return frozenset({"params", *_COUNTED, "tokens"})
    if doc.ending(number.i, "currency"):
        return _MONEY
    for j in range(number.j, number.j + 1 + _BETWEEN_MOST):
        if doc.text(j) in _PERCENT:
            return frozenset({"percent"})
        found = {kind for kind in _UNITS if doc.at(j, kind)} | {cue for cue in _CUES if doc.at(j, "cue", cue)}
        if found:
            return frozenset(found)
        if doc.text(j) != "x" and (len(doc.text(j)) <= _SHORT_WORD or not doc.text(j).isalpha()):
            break
    return frozenset()
