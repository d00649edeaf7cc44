"""Folding text for matching: lower case, no accents, plain digits and quotes, and never a change of length."""

from __future__ import annotations

import unicodedata
from functools import cache

_PLAIN = str.maketrans(
    {
        "’": "'", "‘": "'", "ʼ": "'", "´": "'", "`": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
        "–": "-", "—": "-", "‑": "-", "‐": "-", "−": "-", "～": "~", "〜": "~",
        "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u3000": " ", "\t": " ",
        "；": ";", "：": ":", "！": "!", "？": "?", "（": "(", "）": ")", "％": "%",
        "؛": ";", "؟": "?", "٫": ".", "٬": ",", "×": "x", "✕": "x", "⨯": "x", "＋": "+",
        "İ": "i", "ı": "i", "ß": "s", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "æ": "a", "œ": "o",
        "أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ة": "ه", "ё": "е", "Ё": "е", "₤": "£", "￥": "¥", "＄": "$",
    }
)  # fmt: skip


@cache
def _fold_char(char: str) -> str:
    if unicodedata.category(char) == "Nd":
        return str(unicodedata.digit(char))
    lower = char.lower()
    if len(lower) != 1:
        lower = lower[0]
    base = unicodedata.normalize("NFKD", lower)
    if len(base) > 1 and "a" <= base[0] <= "z" and unicodedata.combining(base[1]):
        return base[0]
    if len(base) == 1 and base.isalnum() and 0xFF00 <= ord(char) <= 0xFFEF:  # full-width forms
        return base
    return lower


def fold(text: str) -> str:
    """Return text for matching; character i of the result stands for character i of text."""
    plain = text.translate(_PLAIN)
    if plain.isascii():
        return plain.lower()
    return "".join([char.lower() if char.isascii() else _fold_char(char) for char in plain])
