"""Names that are left out of a whole, "any cloud but AWS and Alibaba", or all that is left of it: "none but OVH"."""

from __future__ import annotations

from typing import Final

from services.orchestrator.domain.understanding.doc import LONGEST_CUE, Doc
from services.orchestrator.domain.understanding.lexicon import words

_ALL: Final = words("excepting.all")
_NONE: Final = words("excepting.none")
_REST: Final = words("excepting.rest")
_BESIDE: Final = words("excepting.beside")
_BETWEEN: Final = words("polarity.joining") | words("fate.small") | words("excepting.between")
_LIST_REACH: Final = 30
_WHOLE_REACH: Final = 7
"""Tokens between the whole and what it is cut down by: "any provider that you like except"."""
_NEAR_REACH: Final = 2


def excepted(doc: Doc, i: int) -> bool | None:
    """Say whether the name at token i is left out of a whole; False where it alone is let in; None of other names."""
    if not doc.any_between("except", i - _LIST_REACH - LONGEST_CUE, i):
        return None
    cue = None
    k = i
    while k > max(0, i - _LIST_REACH) and doc.sentence[k - 1] == doc.sentence[i]:
        cue = doc.ending(k, "except")
        if cue is not None:
            break
        name = next((n for n in range(max(0, k - LONGEST_CUE), k) if doc.name_ends.get(n) == k), None)
        if name is None and doc.text(k - 1) not in _BETWEEN:
            return None
        k = name if name is not None else k - 1
    if cue is None:
        return None
    reach = _NEAR_REACH if cue.id == "near" else _WHOLE_REACH
    before = [doc.text(n) for n in range(max(doc.sentence_span(i).start, cue.i - reach), cue.i)]
    if cue.id == "near" and "," in before:
        return None
    if not _NONE.isdisjoint(before):
        return False
    said = before if cue.id != "around" else [doc.text(n) for n in doc.sentence_span(i) if n > i]
    if cue.id == "around" and not _BESIDE.isdisjoint(said):
        return None  # "除了AWS还用OVH": besides
    return True if not _ALL.isdisjoint(said) or _rest_follows(doc, i) else None


def _rest_follows(doc: Doc, i: int) -> bool:
    """Say whether the whole is said behind: "apart from AWS and Azure anything will do"."""
    return any(doc.text(k) in _REST for k in doc.sentence_span(i) if k > i)
