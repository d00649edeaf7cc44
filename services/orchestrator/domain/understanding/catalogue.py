"""Names beyond the lexicon: what the catalogues hold, and words misspelt."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from services.orchestrator.domain.understanding import lexicon
from services.orchestrator.domain.understanding.fold import fold
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.tokens import Token, tokenize
from services.orchestrator.domain.understanding.types import CatalogueNames

_SHORTEST_NAME = 6
_SHORTEST_TYPO = 5
_MOST_TYPOS = 300
_FAR = 11
_MIDDLE = 7


def catalogue_entries(names: CatalogueNames) -> Iterator[lexicon.Entry]:
    """Yield entries for catalogue names that the lexicon lacks, without short and plain words."""
    for name in names.models:
        short = name.rpartition("/")[2]
        if len(short) >= _SHORTEST_NAME and any(c.isdigit() or c in "-_" for c in short):
            yield lexicon.Entry("catalogue_model", fold(short).replace("-", " ").replace("_", " "), (short,), {})
    for name in names.components:
        if len(name) >= _SHORTEST_NAME:
            yield lexicon.Entry("catalogue_component", fold(name), (name,), {})


@lru_cache(maxsize=1)
def _vocabulary() -> tuple[str, ...]:
    """Return the words worth correcting to: names of software and models, and the words for tasks."""
    wanted = ("component",)
    found = {
        w.text
        for entry in lexicon.entries()
        if entry.kind in wanted
        for phrase in entry.phrases
        if "*" not in phrase and len(w_list := tokenize(fold(phrase.removeprefix("=")))) == 1
        for w in w_list
        if w.text.isascii() and w.text.isalpha() and len(w.text) >= _SHORTEST_TYPO
    }
    return tuple(sorted((found | words("catalogue.key_words")) - _REAL_WORDS))


_REAL_WORDS: Final = words("catalogue.real_words")


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    """Return the words of every phrase of the lexicon: none of them is a typo."""
    return frozenset(
        t.text for entry in lexicon.entries() for phrase in entry.phrases for t in tokenize(fold(phrase.lstrip("=")))
    )


def with_corrected_typos(tokens: list[Token]) -> list[Token]:
    """Return the tokens with misspelt key words put right."""
    unknown: dict[str, str | None] = {}
    corrected = list(tokens)
    for n, token in enumerate(tokens):
        text = token.text
        if token.is_number or len(text) < _SHORTEST_TYPO or not text.isascii() or text in _common():
            continue
        if text not in unknown:
            if len(unknown) >= _MOST_TYPOS:
                break
            unknown[text] = _correction(text)
        if right := unknown[text]:
            corrected[n] = token._replace(text=right)
    return corrected


@lru_cache(maxsize=4096)
def _correction(word: str) -> str | None:
    limit = 2 if len(word) >= _FAR else 1
    best = process.extractOne(word, _vocabulary(), scorer=OSA.distance, score_cutoff=limit)
    if best is None:
        return None
    right = str(best[0])
    if right[0] != word[0] or right.startswith(word) or word.startswith(right):
        return None
    if len(word) < _MIDDLE and sorted(word) != sorted(right):
        return None
    return right
