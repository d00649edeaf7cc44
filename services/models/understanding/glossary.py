"""Wishes in languages that no encoder here knows, word by word in English (glossary.yaml)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import yaml

FILE: Final = Path(__file__).with_name("glossary.yaml")
_WHOLE: Final = frozenset({"vi", "th"})
"""Languages whose words do not change: the others' begin as the glossary says."""
_SPACELESS: Final = frozenset({"th"})
_SCRIPTS: Final = tuple(
    (re.compile(letters), languages)
    for letters, languages in (
        (r"[\u0e00-\u0e7f]", ("th",)),
        (r"[\u0900-\u097f]", ("hi",)),
        (r"[\u0980-\u09ff]", ("bn",)),
        (r"[\u0590-\u05ff]", ("he",)),
        (r"[\u0370-\u03ff]", ("el",)),
        (r"[\u0600-\u06ff]", ("fa",)),
        (r"[\u0400-\u04ff]", ("uk", "bg")),
        (r"[a-z]", ("vi", "id", "sv", "da", "fi", "cs", "ro", "hu", "pl", "tr", "sw")),
    )
)
_LETTERS: Final = r"(?:[^\W\d_]|[\u0900-\u0dff\u0e31\u0e34-\u0e3a\u0e47-\u0e4e])"
"""Letters, with the vowel signs that are none to `re`."""
_PREFIXES: Final[Mapping[str, str]] = {"he": "[והבלכמש]{0,2}"}
"""What is written on to a word that it stands before."""
_FROM: Final = "from"
"""Tells what is made of what, but of no wish that it is one."""
_LEAST_WORDS: Final = 2
_ALONE: Final = 0.55
"""The share that it takes where one word is known."""
_LEAST_SHARE: Final = 0.4
"""Of a wish's letters that stand in known words: with fewer it may be of any language."""


@dataclass(frozen=True, slots=True)
class Gloss:
    """A wish in English, word by word."""

    language: str
    """ISO 639 code."""
    english: str


def gloss(wish: str) -> Gloss | None:
    """Return a wish in English and its language, or None where too little of it is known in one of the glossary's.

    >>> gloss("phân loại đánh giá của khách hàng").english
    'classify review customer'
    """
    text = wish.lower()
    letters = len(re.findall(_LETTERS, text))
    languages = next((languages for script, languages in _SCRIPTS if script.search(text)), ())
    found = [(share, language, words) for language in languages for share, words in [_glossed(text, language)]]
    covered, language, words = max(found, default=(0, "", []), key=lambda f: f[0])
    telling = sum(word != _FROM for word in words)
    if covered < (_LEAST_SHARE if telling >= _LEAST_WORDS else _ALONE) * letters or not telling:
        return None
    return Gloss(language, " ".join(dict.fromkeys(words)))


def load() -> None:
    """Read the glossary, so that the first wish that needs it need not wait."""
    _glossary()


def _glossed(text: str, language: str) -> tuple[int, list[str]]:
    """Return how many letters stand in words of the language that are known, and those in English, in their order."""
    pattern, meanings = _matcher(language)
    covered, words = 0, []
    for match in pattern.finditer(text):
        covered += len(re.findall(_LETTERS, match[0]))
        words.append(meanings[(match.lastindex or 1) - 1])
    return covered, words


@cache
def _glossary() -> Mapping[str, Mapping[str, str]]:
    read: dict[str, dict[str, str]] = yaml.load(FILE.read_text(encoding="utf-8"), yaml.CSafeLoader)
    return read


@cache
def _matcher(language: str) -> tuple[re.Pattern[str], tuple[str, ...]]:
    """Return what matches the known words of a language, a group each, longest first, and what each means."""
    words = [(begun, english) for english, all_ in _glossary()[language].items() for begun in all_.split("|")]
    words.sort(key=lambda word: (-len(word[0]), word))
    before = "" if language in _SPACELESS else rf"(?<!{_LETTERS})"
    rest = (
        rf"(?!{_LETTERS})" if language in _WHOLE - _SPACELESS else "" if language in _SPACELESS else rf"(?:{_LETTERS})*"
    )
    known = "|".join(f"({begun})" for begun, _ in words)
    pattern = re.compile(rf"{before}{_PREFIXES.get(language, '')}(?:{known}){rest}")
    return pattern, tuple(english for _, english in words)
