"""Folding text for matching: lower case, no accents, plain digits and quotes, and never a change of length."""

from __future__ import annotations

import unicodedata

_PLAIN = str.maketrans(
    {
        "’": "'", "‘": "'", "ʼ": "'", "´": "'", "`": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
        "–": "-", "—": "-", "‑": "-", "‐": "-", "−": "-", "～": "~", "〜": "~",
        "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u3000": " ", "\t": " ",
        "；": ";", "：": ":", "！": "!", "？": "?", "（": "(", "）": ")", "％": "%",
        "؛": ";", "؟": "?", "٫": ".", "٬": ",", "×": "x", "✕": "x", "⨯": "x", "＋": "+",
        "İ": "i", "ı": "i", "ß": "s", "ſ": "s", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "Đ": "d",
        "æ": "a", "Æ": "a", "œ": "o", "Œ": "o",
        "أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ة": "ه", "ё": "е", "Ё": "е", "₤": "£", "￥": "¥", "＄": "$",
    }
)  # fmt: skip


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


class _Folded(dict[int, str]):
    """Folded characters by code point, each found out once."""

    def __missing__(self, code: int) -> str:
        plain = chr(code).translate(_PLAIN)
        folded = self[code] = plain.lower() if plain.isascii() else _fold_char(plain)
        return folded


_FOLDED = _Folded()


def fold(text: str) -> str:
    """Return text for matching; character i of the result stands for character i of text."""
    if text.isascii():
        return text.replace("\t", " ").replace("`", "'").lower()
    return text.translate(_FOLDED)
