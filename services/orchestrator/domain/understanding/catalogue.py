"""Names beyond the lexicon: what the catalogues hold, and words misspelt."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from services.orchestrator.domain.understanding import lexicon
from services.orchestrator.domain.understanding.fold import fold
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import default_matcher
from services.orchestrator.domain.understanding.tokens import Token, tokenize
from services.orchestrator.domain.understanding.types import CatalogueNames

_SHORTEST_NAME = 6
_SHORTEST_TYPO = 5
_SHORTEST_FAMILY = 4
_MOST_TYPOS = 300
_FAR = 11
_MIDDLE = 7
_LONGEST_WORD = 60
"""Longer runs of letters are no words."""
_SHORTEST_STEM = 4
_SHORTEST_COMPOUND = 9
_ARABIC_PARTICLES = frozenset("وفبلك")
_HEBREW_PARTICLES = frozenset("ובהלמשכ")
_SIZES: Final = words("catalogue.sizes")
_HEADS: Final = words("catalogue.compound_heads")


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
    """Return the words worth correcting to: names of software, and the words for tasks, money and time."""
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
    return tuple(sorted((found | _KEY_WORDS) - _REAL_WORDS))


_KEY_WORDS: Final = words("catalogue.key_words")
_REAL_WORDS: Final = words("catalogue.real_words")


def with_known_words(tokens: list[Token]) -> list[Token]:
    """Return the tokens with unknown words led back to known ones.

    Misspelt key words are put right, German and Dutch compounds count as their head, Arabic words lose a particle.
    """
    right: dict[str, str] = {}
    unknown = 0
    digits_beside = _beside_digits(tokens)
    for text in dict.fromkeys([token.text for token in tokens]):
        if unknown < _MOST_TYPOS and _is_unknown(text):
            unknown += 1
            if led := _led_back(text) or (_family(text) if text in digits_beside else None):
                right[text] = led
    return [t._replace(text=right[t.text]) if t.text in right else t for t in tokens] if right else list(tokens)


def _beside_digits(tokens: list[Token]) -> set[str]:
    """Return the words before numbers and sizes, as names of models stand: "Mixtrall 8x7B", "Whiper large-v3"."""
    return {word.text for word, after in pairwise(tokens) if after.is_number or after.text in _SIZES}


@lru_cache(maxsize=1)
def _families() -> tuple[str, ...]:
    """Return the names of model families that are one word."""
    found = {fold(row["family"]) for row in lexicon.rows("models")}
    return tuple(sorted(f for f in found if f.isalpha() and len(f) >= _SHORTEST_FAMILY and f not in _REAL_WORDS))


@lru_cache(maxsize=4096)
def _family(word: str) -> str | None:
    """Return the model family that a word before a number is but for one letter: too many, left out or wrong."""
    best = process.extractOne(word, _families(), scorer=OSA.distance, score_cutoff=1)
    return str(best[0]) if best is not None and word.isascii() and best[0][0] == word[0] else None


def without_particles(tokens: list[Token], known: set[str]) -> list[Token]:
    """Return the tokens with Hebrew words led back to known ones by leaving out the particles written before them."""
    led = list(tokens)
    for n, token in enumerate(tokens):
        if token.text[0] in _HEBREW_PARTICLES and token.text not in known:
            bare = next((token.text[k:] for k in (1, 2) if token.text[k:] in known), None)
            led[n] = token._replace(text=bare) if bare else token
    return led


def is_known(word: str) -> bool:
    """Say whether the built-in lexicon holds a word, or a stem that it begins with."""
    return word in default_matcher().words or _has_stem(word)


def _is_unknown(text: str) -> bool:
    shortest = _SHORTEST_TYPO if text.isascii() else _SHORTEST_STEM
    return shortest <= len(text) <= _LONGEST_WORD and not "0" <= text[0] <= "9" and not is_known(text)


def _led_back(text: str) -> str | None:
    if text.endswith("'s") and text[:-2] in default_matcher().words:
        return text[:-2]
    return _without_particle(text) or _head(text) or (_correction(text) if text.isascii() else None)


def _has_stem(text: str) -> bool:
    stems = default_matcher().stems
    return any(text[:n] in stems for n in range(_SHORTEST_STEM, min(len(text), _LONGEST_WORD) + 1))


def _without_particle(text: str) -> str | None:
    return text[1:] if text[0] in _ARABIC_PARTICLES and text[1:] in default_matcher().words else None


def _head(text: str) -> str | None:
    """Return the head of a compound, its last part, where that is a word we know."""
    if len(text) < _SHORTEST_COMPOUND or not text.isascii():
        return None
    return next((text[n:] for n in range(3, len(text) - 3) if text[n:] in _HEADS), None)


def _lacks_a_vowel(word: str, right: str) -> bool:
    """Say whether a word is a key word but for one vowel inside: "whispr", "sngle"."""
    inside = range(1, len(right) - 1)
    return right in _KEY_WORDS and any(right[n] in "aeiou" and right[:n] + right[n + 1 :] == word for n in inside)


@lru_cache(maxsize=4096)
def _correction(word: str) -> str | None:
    limit = 2 if len(word) >= _FAR else 1
    best = process.extractOne(word, _vocabulary(), scorer=OSA.distance, score_cutoff=limit)
    if best is None:
        return None
    right = str(best[0])
    if right[0] != word[0] or right.startswith(word) or word.startswith(right):
        return None
    if len(word) < _MIDDLE and sorted(word) != sorted(right) and not _lacks_a_vowel(word, right):
        return None
    return right
