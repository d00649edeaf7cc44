"""Names of software that no list knows, where the words say what it does: "our own metrics stack, FooMon"."""

from __future__ import annotations

from typing import Final

from services.orchestrator.domain.understanding.catalogue import is_known
from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.standing_reach import cue_words

_SHORTEST: Final = 3
_ENDS: Final = ("", ",", ".", ";", "!", "?", ")", "。")


def with_name(doc: Doc, role: Match) -> tuple[Match, str]:
    """Return a role with the name of its software, taken in where it stands right before; empty where there is none."""
    i, j = role.i, role.j
    if _is_strange(doc, i - 1) and _has_inner_capital(doc, i - 1):
        return role._replace(i=i - 1), doc.words(i - 1, i)  # "our FooReg registry", not "our Acme database"
    j += doc.text(j) in cue_words("kinds")
    if doc.text(j) in cue_words("calling") and _is_strange(doc, j + 1) and doc.text(j + 2) in _ENDS:
        return role, doc.words(j + 1, j + 2)
    k = i - 1
    while doc.text(k) in cue_words("fillers", "ours"):
        k -= 1
    beside = k < i - 1 and doc.text(k) == "," and doc.text(j) in _ENDS and _is_strange(doc, k - 1)
    return role, doc.words(k - 1, k) if beside else ""


def _is_strange(doc: Doc, k: int) -> bool:
    """Say whether token k is a word with a capital that means nothing else."""
    word = doc.words(k, k + 1) if 0 <= k < len(doc.tokens) else ""
    known = k in doc.names or is_known(doc.text(k))
    return len(word) >= _SHORTEST and word.isascii() and word.isalpha() and word[0].isupper() and not known


def _has_inner_capital(doc: Doc, k: int) -> bool:
    word = doc.words(k, k + 1)
    return not word.isupper() and not word[1:].islower()
