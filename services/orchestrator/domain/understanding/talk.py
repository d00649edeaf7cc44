"""Talk between the user and us, in words that elsewhere name a task: "please write replies in German"."""

from __future__ import annotations

from typing import Final

from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match

_ASKING: Final = words("talk.asking")
_AUDIENCE: Final = words("talk.audience")
_TELLERS: Final = words("everyday.tellers")
_WISHES: Final = words("everyday.wishes")
_TELLERS_REACH: Final = 4
_WRITING: Final = ("writ", "draft")
_THEME: Final = words("talk.theme")
_THEME_REACH: Final = 6


def done_by_people(doc: Doc, i: int) -> bool:
    """Say whether token i is what people do themselves: "we sort the mail by hand"; a wish before it asks for it."""
    before = [doc.text(k) for k in range(doc.sentence_span(i).start, i)]
    return bool(_TELLERS.intersection(before[-_TELLERS_REACH:])) and not _WISHES.intersection(before)


def is_talk(doc: Doc, task: Match) -> bool:
    """Say whether the words of a task speak to us instead of naming what a model is to do."""
    sentence = doc.sentence_span(task.i)
    by_hand = task.id == "text-to-speech" or doc.text(task.i).startswith(_WRITING)
    if by_hand and done_by_people(doc, task.i):
        return True  # "she reads bedtime stories aloud", "they write letters to the mayor"
    if doc.text(task.i) == "write":
        asked = all(doc.text(k) in _ASKING for k in range(sentence.start, task.i))
        to_others = doc.any_word(_AUDIENCE, task.j, sentence.stop)
        return asked and doc.text(task.j) in ("in", "") and not to_others
    told = task.id.startswith("time-series") and doc.text(task.i - 1) == "i" and doc.text(task.i - 2) in ("", ",", ".")
    return told and any(doc.text(k) in _THEME for k in range(task.j, min(task.j + _THEME_REACH, sentence.stop)))
