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
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("bn", re.compile(r"[\u0980-\u09ff]")),
    ("ta", re.compile(r"[\u0b80-\u0bff]")),
)
_WITHIN_SCRIPT = {
    "ru": (
        ("uk", re.compile(r"[іїєґ]")),
        ("bg", re.compile(r"\b(?:искаме|трябва|имаме|нашите|върху|това|този|бихме|лева|най)\b")),
    ),
    "ar": (("ur", re.compile(r"[ٹڈڑےں]")), ("fa", re.compile(r"[پچگژک]"))),
}
"""Languages that share their script with another and are told by letters of their own."""
_LETTERS = {
    "hu": re.compile(r"[őű]"),
    "cs": re.compile(r"[řěů]"),
    "sk": re.compile(r"[ľĺŕ]"),
    "ro": re.compile(r"[ățș]"),
    "vi": re.compile(r"[ơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]"),
    "pt": re.compile(r"[ãõ]"),
    "es": re.compile(r"[ñ¿¡]"),
    "ca": re.compile(r"l·l"),
}
"""Letters that, of the languages in Latin script, hardly any other writes."""
_LEAST_PLAIN = 2
"""How many small words, without any letter of its own, tell a language that has a file of its own."""
_LATIN_WORD = re.compile(r"[a-z]+")
_SAMPLE = 4000


@cache
def _stopwords() -> dict[str, frozenset[str]]:
    return {code: frozenset(words) for code, words in lexicon.table("languages").items()}


def detect(folded: str, text: str = "") -> str:
    """Return the ISO 639-1 code of folded text. text: as it was written, by whose letters some languages are known."""
    sample = folded[:_SAMPLE]
    letters = sum(c.isalpha() for c in sample) or 1
    for code, script in _SCRIPTS:
        if len(script.findall(sample)) >= max(2, 0.12 * letters):
            return next((other for other, own in _WITHIN_SCRIPT.get(code, ()) if own.search(sample)), code)
    words = _LATIN_WORD.findall(sample)
    scores = {code: sum(w in stop for w in words) for code, stop in _stopwords().items()}
    written = "" if folded.isascii() and text.isascii() else text[:_SAMPLE].lower()
    for code, letters_of in _LETTERS.items() if written else ():
        scores[code] = scores.get(code, 0) + 2 * len(letters_of.findall(written))
    best = max(sorted(scores), key=lambda code: (scores[code], code == "en", code not in lexicon.tongues()))
    least = _LEAST_PLAIN if folded.isascii() and text.isascii() and best in lexicon.tongues() else 1
    return best if scores[best] > scores.get("en", 0) and scores[best] >= least else "en"
