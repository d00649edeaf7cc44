"""Yes or no beside a thing, as in forms: "[x] monitoring [ ] CI/CD", "Cache: needed. CI/CD: no."."""

from __future__ import annotations

from typing import Final

from services.orchestrator.domain.understanding.doc import Doc

_TICKED: Final = (":", "?", "=", "-")
CLAUSE_ENDS: Final = ("", ",", ".", ";", "!", "and", "but", ")")
"""What may stand after an answer of one word."""


def box(doc: Doc, i: int) -> str:
    """Return yes or no where a box stands before token i, as in a list: "[x] monitoring [ ] CI/CD"."""
    if doc.text(i - 1) != "]":
        return ""
    if doc.text(i - 2) == "[":
        return "no"
    return "yes" if doc.text(i - 3) == "[" and doc.text(i - 2) in ("x", "✓", "✔") else ""


def verdict(doc: Doc, j: int) -> str:
    """Return yes, no or maybe where the thing before token j is ticked off as in a form, else an empty string.

    "Cache: needed. CI/CD: no.", "Llama? Meh."
    """
    if doc.text(j) not in _TICKED:
        return ""
    said = doc.at(j + 1, "verdict")
    closed = said is not None and (
        doc.text(said.j) in (*CLAUSE_ENDS, ":") or doc.sentence[said.j] != doc.sentence[said.i]
    )
    return said.id if said is not None and closed else ""
