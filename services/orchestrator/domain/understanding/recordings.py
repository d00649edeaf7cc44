"""Hours of sound to be worked through, as most languages but English say it without an "of"."""

from __future__ import annotations

from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.numbers import Number


def of_recordings(doc: Doc, hours: Number) -> bool:
    """Say whether hours are of something to be heard, in a language that needs no "of": "3000 hodin nahrávek"."""
    if doc.language == "en":
        return False
    beside = doc.near(hours.i, hours.j + 1, "items", "audio", before=2, after=3)
    sentence = doc.sentence_span(hours.i)
    own = doc.any_between("task", sentence.start, sentence.stop, "automatic-speech-recognition")
    return beside is not None or own
