"""Which language a message is written in, of those the lexicon knows; English when in doubt."""

from __future__ import annotations

import re
from functools import cache

from services.orchestrator.domain.understanding import lexicon

_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("ar", re.compile(r"[\u0620-\u06ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
)
_LATIN_WORD = re.compile(r"[a-z]+")
_SAMPLE = 4000


@cache
def _stopwords() -> dict[str, frozenset[str]]:
    return {code: frozenset(words) for code, words in lexicon.table("languages").items()}


def detect(folded: str) -> str:
    """Return the ISO 639-1 code of folded text."""
    sample = folded[:_SAMPLE]
    letters = sum(c.isalpha() for c in sample) or 1
    for code, script in _SCRIPTS:
        if len(script.findall(sample)) >= max(2, 0.12 * letters):
            return code
    words = _LATIN_WORD.findall(sample)
    scores = {code: sum(w in stop for w in words) for code, stop in _stopwords().items()}
    best = max(sorted(scores), key=lambda code: (scores[code], code == "en"))
    return best if scores[best] > scores.get("en", 0) else "en"
