"""What is out of reach rather than unwanted: no quota, none left, sold out."""

from __future__ import annotations

from typing import Final

from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.fate import is_kept
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.polarity import list_between, other_names

_GONE_REACH: Final = 8
_LACKED_REACH: Final = 5
_LACKED_LIST: Final = 20
"""How far words for lacking reach, and how far through a list of names."""


def unavailable(doc: Doc, i: int) -> bool:
    """Say whether token i is out of reach rather than unwanted: "no quota for A100", "A100s are sold out"."""
    if is_kept(doc, i):
        return False
    gone = doc.near(i, i + 1, "negation", "gone", before=0, after=_GONE_REACH)
    if gone is not None and any(doc.at(k, "gpu") for k in range(i + 1, gone.i)):
        gone = None  # said of the thing between
    lacked = doc.near(i, i + 1, "negation", "unavailable", before=_LACKED_LIST, after=2)
    return gone is not None or (lacked is not None and _is_lacked(doc, lacked, i))


def _is_lacked(doc: Doc, cue: Match, i: int) -> bool:
    """Say whether the words for lacking reach token i: "no H100, A100 or H200", not "no H100 left, so A100"."""
    if cue.j > i or list_between(doc, cue.j, i):
        return True
    parted = any(doc.text(k) in (",", ";", "-", "–", "—") for k in range(cue.j, i))
    return i - cue.j <= _LACKED_REACH and not (parted and other_names(doc, cue.j, i))
