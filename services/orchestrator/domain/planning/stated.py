"""Amounts that the user's words state and the spec has no field for: tokens, hours of speech, residues of proteins."""

from __future__ import annotations

import re
from typing import Final

CORPUS: Final = 1_000_000
"""Tokens from which a figure is a dataset to train on; smaller ones are lengths of texts."""
_UNITS: Final = {
    "": 1.0,
    **dict.fromkeys(("k", "thousand", "tausend", "mille", "mil", "тыс", "тысяч"), 1e3),
    "万": 1e4,
    **dict.fromkeys(
        ("m", "mio", "million", "millions", "millionen", "millones", "milhões", "milioni", "миллионов"), 1e6
    ),
    "亿": 1e8,
    **dict.fromkeys(("b", "bn", "billion", "billions", "mrd", "milliarden", "milliards", "miliardi", "miliardów"), 1e9),
    **dict.fromkeys(("bilhões", "mil millones", "миллиардов", "млрд", "十亿"), 1e9),
    **dict.fromkeys(("t", "tn", "trillion", "trillions", "billionen", "trilhões", "триллионов", "万亿"), 1e12),
}
"""What a word or letter behind a figure makes of it. A German Billion has twelve noughts, an English one nine."""
_UNIT: Final = "|".join(sorted((re.escape(unit) for unit in _UNITS if unit), key=lambda unit: (-len(unit), unit)))
_NUMBER: Final = rf"(?P<number>\d[\d.,]*)\s*(?P<unit>{_UNIT})?"
_HOURS: Final = re.compile(
    rf"\b{_NUMBER}\s*-?\s*(?:h|hrs?|hours?)\b(?=\s+(?:of|worth)?\s*(?:[\w-]+\s+){{0,3}}?"
    r"(?:audio|recordings?|podcasts?|calls?|speech|talks?|lectures?|meetings?|interviews?|radio|voice\w*|videos?|"
    r"footage|episodes?))",
    re.IGNORECASE,
)
_HOURS_OF: Final = re.compile(rf"\b{_NUMBER}\s*-?\s*(?:h|hrs?|hours?)\s+of\s+(?!training|compute|work)", re.IGNORECASE)
_TOKENS: Final = re.compile(
    rf"(?<![\w.,]){_NUMBER}\s*(?:de |di |input |output |prompt |个)?(?:tokens?|токен(?:ов|а)?)(?![a-z])"
    r"(?!\s*(?:/|per|a|each|pro|par|por)\s*\w|\s*(?:of )?context|\s*(?:long|window|each)\b)",
    re.IGNORECASE,
)
_LENGTH: Final = re.compile(
    r"(?:context|window|length|sequences?|sequence length|up to|max\w*)[^.;,]{0,12}$", re.IGNORECASE
)
_RESIDUES: Final = re.compile(rf"(?<![\w.,]){_NUMBER}\s*-?\s*(?:residues?|amino[ -]acids?|aa)\b", re.IGNORECASE)


def stated_in(words: str) -> bool:
    """Tell whether the words state an amount of data that the spec has no field for."""
    return bool(_HOURS.search(words) or _TOKENS.search(words))


def tokens_in(words: str) -> float | None:
    """Return the tokens that were stated last."""
    return _last(list(_TOKENS.finditer(words)))


def corpus_tokens_in(words: str) -> int | None:
    """Return the tokens of a dataset to train on that were stated last; lengths of texts are none."""
    found = [m for m in _TOKENS.finditer(words) if not _LENGTH.search(words[: m.start()])]
    tokens = _last([m for m in found if (_value(m) or 0.0) >= CORPUS])
    return None if tokens is None else int(tokens)


def audio_hours_in(words: str) -> float | None:
    """Return the hours of speech that were stated last."""
    return _last(list(_HOURS.finditer(words)))


def recorded_hours_in(words: str) -> float | None:
    """Return the hours that a recogniser of speech is to be trained on: what they are of is speech, whatever its name
    ("300 hours of Swiss German").
    """
    return audio_hours_in(words) or _last(list(_HOURS_OF.finditer(words)))


def residues_in(words: str) -> int | None:
    """Return the residues of a protein that were stated last."""
    residues = _last(list(_RESIDUES.finditer(words)))
    return None if residues is None else int(residues)


def _last(found: list[re.Match[str]]) -> float | None:
    return _value(found[-1]) if found else None


def _value(match: re.Match[str]) -> float:
    number = match["number"].rstrip(".,")
    parts = re.split(r"[.,]", number)
    grouped = len(parts) > 1 and all(len(part) == 3 for part in parts[1:])
    value = float("".join(parts) if grouped else ".".join(parts[:2]))
    return value * _UNITS[(match["unit"] or "").lower()]
