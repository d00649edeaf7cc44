"""Values granted in a few words, for what is known already: "30 days then", "16k will do", "now it's 5 s"."""

from __future__ import annotations

import math
from typing import Final

from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.numbers import Number

_THEN: Final = words("answers.then")
_ENOUGH: Final = words("granted.enough")
_NOW: Final = words("granted.now")
_BUDGETS: Final = ("budget_usd_month", "budget_usd_total", "budget_amount", "budget_usd_hour")
_WAS: Final = frozenset({"was", "were", "been", "war", "waren", "etait", "era", "eran"})
_LEAST_CONTEXT: Final = 1_000
_WINDOWS: Final = frozenset(2**n for n in range(3, 12))
"""Thousands of tokens that models are made for."""


def is_granted(doc: Doc, i: int, j: int) -> bool:
    """Say whether tokens [i, j) are a value that is granted, or that holds now."""
    sentence, clause = doc.sentence_span(i), doc.clause_span(j - 1)
    granted = any(doc.text(k) in _ENOUGH and doc.text(k - 1) not in _WAS for k in range(j, clause.stop))
    return granted or doc.text(j) in _THEN or doc.text(i - 1) in _THEN or doc.text(sentence.start) in _NOW


def is_context(doc: Doc, number: Number, known: WorkloadSpec) -> bool:
    """Say whether a bare number is a new length of the context known: thousands of nothing, as in "16k is enough"."""
    before = known.context_tokens
    if not before or number.value < _LEAST_CONTEXT or doc.any_at(number.j, ("currency", "items", "people", "requests")):
        return False
    if doc.at(number.j, "per") or doc.at(number.j, "time") or doc.at(number.j, "bytes") or doc.at(number.j, "cue"):
        return False
    budgets = [float(value) for field in _BUDGETS if (value := getattr(known, field))]
    nearest = min((abs(math.log(number.value / value)) for value in budgets), default=math.inf)
    if doc.ending(number.i, "currency"):
        return False
    return number.value / 1_000 in _WINDOWS or abs(math.log(number.value / before)) < nearest
