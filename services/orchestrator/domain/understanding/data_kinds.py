"""What data are where the words alone do not say it: hours of sound, rows of text."""

from __future__ import annotations

from typing import Final

from services.orchestrator.domain.understanding.doc import Doc, once
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.numbers import Number

_TRANSCRIPTS: Final = words("sizes.transcripts")
_FROM: Final = words("sizes.drawn_from")
_SHORTENED: Final = words("sizes.shortened")
_DESCRIBED: Final = 3
"""Words that may describe transcripts: "of our old call transcripts"."""
_ROWS: Final = words("sizes.rows")


def of_recordings(doc: Doc, hours: Number) -> bool:
    """Say whether hours are of something to be heard, in a language that needs no "of": "3000 hodin nahrávek"."""
    if doc.language == "en":
        return False
    beside = doc.near(hours.i, hours.j + 1, "items", "audio", before=2, after=3)
    sentence = doc.sentence_span(hours.i)
    own = doc.any_between("task", sentence.start, sentence.stop, "automatic-speech-recognition")
    return beside is not None or own


def is_at_hand(doc: Doc, task: Match) -> bool:
    """Say whether a word for what is heard names text that is there already: "200 GB of call transcripts", "shorten
    podcast transcripts".
    """
    if doc.text(task.j - 1) not in _TRANSCRIPTS:
        return False
    k = task.i - 1
    if not _SHORTENED.isdisjoint(doc.text(n) for n in range(max(0, k - _DESCRIBED), k + 1)):
        return True
    while k > 0 and task.i - k <= _DESCRIBED and doc.text(k) not in _FROM and k not in doc.number_from:
        k -= 1
    size = doc.near(task.i, task.j, "bytes", before=_DESCRIBED, after=0)
    counted = any(task.i - _DESCRIBED <= end <= task.i for end in doc.number_to)
    return size is not None or counted or (doc.text(k) in _FROM and not doc.all("modality", "audio"))


def rows_of_text(doc: Doc, end: int) -> bool:
    """Say whether rows and records are what a language model is tuned on: "Mistral 7B on 18k rows"."""
    return doc.text(end - 1) in _ROWS and _tunes_language_model(doc)


@once
def _tunes_language_model(doc: Doc) -> bool:
    model = any(f.facts["domain"] == "llm" for f in doc.all_names("family"))
    return model and bool(doc.all("action", "fine_tuning"))
