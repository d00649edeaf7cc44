"""Tokens of folded text: runs of letters of one script, numbers, single CJK characters, single signs."""

from __future__ import annotations

import re
from functools import cache
from itertools import accumulate
from typing import NamedTuple

from services.orchestrator.domain.understanding import lexicon

_LATIN = (
    r"(?<!\d)[a-z]+(?:'(?:t|s|re|ve|ll|d|m)\b)?"
    r"|(?<![a-z\d.,])(?:(?<!-)|(?<=\d-))\d{1,3}(?: \d{3})+(?:[.,]\d{1,2})?(?![\d.,]*\d)(?!b\b|[a-z]{1,2}\d)"
    r"|\d+(?:[.,']\d+)*"
    r"|(?<=\d)x(?=[a-z\d])|[a-z]+"
)
_TOKEN = re.compile(
    r"\s+|" + _LATIN + r"|[\u0400-\u04ff]+|[\u0620-\u065f\u0670-\u06d3]+"
    r"|(?<=[\d만억천조])(?:기가바이트|테라바이트|기가|테라|시간|개월|주일|분|초|일|주|달러|달|년|명|장|개|대|건|만|억|천|조|원|유로|엔|위안|파운드|배)"
    r"|[\u0900-\u0963\u0966-\u097f]+|[\u0980-\u0dff]+|[\u0590-\u05f4]+(?:[\"'][\u0590-\u05f4]+)?|[\uac00-\ud7af]+"
    r"|[\u30a0-\u30ff]+|[\u0370-\u03ff]+|[\u0e00-\u0e7f]+"
    r"|\S"
)
"""Tokens and what parts them, so that their lengths tell where each stands."""
_ASCII_TOKEN = re.compile(r"\s+|" + _LATIN + r"|\S")
_MARKS = {"，": ",", "、": ",", "،": ",", "。": ".", "।": "."}
"""Marks that never stand inside a number, unlike comma and full stop."""
_ARABIC_MARKS = re.compile(r"[\u064b-\u0652\u0640]")
_ARABIC_ARTICLE = re.compile(r"^[\u0648\u0641]?(?:[\u0628\u0643]?\u0627\u0644|\u0644\u0644)(?=.{3})")
"""The article al- with the particles that are written together with it."""


class Token(NamedTuple):
    """One token; start and end are offsets into the text."""

    text: str
    start: int
    end: int
    is_number: bool
    glued: bool
    """Nothing, not even a space, stands between this token and the one before."""


def tokenize(folded: str) -> list[Token]:
    """Return the tokens of folded text in order; "10 000" is one number, "8xh100" is 8, x, h, 100."""
    tokens: list[Token] = []
    append, make = tokens.append, tuple.__new__  # ten thousand tokens in a long message: every call counts
    plain = folded.isascii()
    pieces = (_ASCII_TOKEN if plain else _TOKEN).findall(folded)
    start, last_end = 0, -1
    for text, end in zip(pieces, accumulate(map(len, pieces)), strict=True):
        if text.isspace():
            start = end
            continue
        if not plain:
            text = _MARKS.get(text, text)
            if "\u0620" <= text[0] <= "\u06d3":
                text = _ARABIC_ARTICLE.sub("", _ARABIC_MARKS.sub("", text)) or text
            if "\u0e00" <= text[0] <= "\u0e7f":
                for word in _thai_words().findall(text):
                    append(make(Token, (word, start, start + len(word), False, start == last_end)))
                    last_end = start = start + len(word)
                continue
        append(make(Token, (text, start, end, "0" <= text[0] <= "9", start == last_end)))
        start = last_end = end
    return tokens


@cache
def _thai_words() -> re.Pattern[str]:
    """Return what splits Thai, which parts no words by spaces, into the words that we know and what is between them."""
    known = {w for ids in lexicon.table("tongues/th").values() for found in ids.values() for w in found}
    either = "|".join(sorted(map(re.escape, known), key=len, reverse=True))
    return re.compile(rf"{either}|(?:(?!{either}).)+")
