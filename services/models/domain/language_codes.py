"""What a code, a locale or a name of a language means, as an ISO 639 code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Final

from babel import Locale
from babel.core import get_global

from services.models.domain.languages import named_languages

TWO_LETTERS: Final = frozenset({
    "aa", "ab", "af", "ak", "am", "an", "ar", "as", "av", "ay", "az", "ba", "be", "bg", "bi", "bm", "bn", "bo",
    "br", "bs", "ca", "ce", "ch", "co", "cr", "cs", "cv", "cy", "da", "de", "dv", "dz", "ee", "el", "en", "eo",
    "es", "et", "eu", "fa", "ff", "fi", "fj", "fo", "fr", "fy", "ga", "gd", "gl", "gn", "gu", "gv", "ha", "he",
    "hi", "ho", "hr", "ht", "hu", "hy", "ia", "id", "ie", "ig", "ik", "io", "is", "it", "iu", "ja", "jv", "ka",
    "kg", "ki", "kk", "kl", "km", "kn", "ko", "kr", "ks", "ku", "kv", "kw", "ky", "la", "lb", "lg", "li", "ln",
    "lo", "lt", "lu", "lv", "mg", "mh", "mi", "mk", "ml", "mn", "mr", "ms", "mt", "my", "na", "nb", "nd", "ne",
    "ng", "nl", "nn", "no", "nr", "nv", "ny", "oc", "oj", "om", "or", "os", "pa", "pi", "pl", "ps", "pt", "qu",
    "rm", "rn", "ro", "ru", "rw", "sa", "sc", "sd", "se", "sg", "si", "sk", "sl", "sm", "sn", "so", "sq", "sr",
    "ss", "st", "su", "sv", "sw", "ta", "te", "tg", "th", "ti", "tk", "tl", "tn", "to", "tr", "ts", "tt", "tw",
    "ty", "ug", "uk", "ur", "uz", "ve", "vi", "vo", "wa", "wo", "xh", "yi", "yo", "za", "zh", "zu",
})  # fmt: skip
"""ISO 639-1: two letters that are none of these, such as tf, are no language."""
_NONE: Final = frozenset({"und", "unk", "mul", "mis", "zxx"})
"""Codes of three letters for no certain language; unk is what some trainers write where they were told none."""
_PREFERRED: Final = {"fil": "tl", "tgl": "tl"}
"""Codes that models state, where the Unicode CLDR prefers others."""
_LONGEST_CODE: Final = 3


@lru_cache(maxsize=4096)
def language_code(text: str) -> str:
    """Return the code that a code of ISO 639, a locale or a name means: of two letters where there is one,
    empty where it means none. Codes and names beside our own are those of the Unicode CLDR.

    >>> [language_code(text) for text in ("EN", "en-US", "zh_Hans", "deu", "English", "tf")]
    ['en', 'en', 'zh', 'de', 'en', '']
    """
    lower = re.sub(r"\s*\(.*\)$", "", " ".join(text.lower().split()))
    if lower in TWO_LETTERS:
        return lower
    if named := _names().get(lower) or _abroad(lower):
        return named
    primary, *rest = re.split(r"[-_]", lower)
    if len(primary) not in (2, _LONGEST_CODE) or not all(part in _subtags() for part in rest):
        return ""
    return _primary_code(primary)


def language_codes(text: str) -> tuple[str, ...]:
    """Return the codes of one language, or of several side by side; none where a word is no language."""
    if code := language_code(text):
        return (code,)
    codes = [language_code(word) for word in text.split()]
    return tuple(dict.fromkeys(codes)) if all(codes) else ()


def language_names() -> Mapping[str, str]:
    """Return the codes of languages by their English names in lower case."""
    return _names()


def _abroad(word: str) -> str:
    """Return the code of a language that one word names as wishes do, also in other languages."""
    named = named_languages(word.capitalize()) if word.isalpha() and len(word) > _LONGEST_CODE else ()
    return named[0] if len(named) == 1 else ""


def _primary_code(letters: str) -> str:
    if letters in TWO_LETTERS or letters in _PREFERRED:
        return _PREFERRED.get(letters, letters)
    preferred = str(get_global("language_aliases").get(letters, letters)).partition("_")[0]
    return "" if letters in _NONE or preferred not in _known_codes() else preferred


@cache
def _known_codes() -> frozenset[str]:
    return TWO_LETTERS | {tag.partition("_")[0] for tag in get_global("likely_subtags")}


@cache
def _subtags() -> frozenset[str]:
    """Return the scripts and territories that may follow a language in a locale, in lower case."""
    english = Locale("en")
    return frozenset(tag.lower() for tag in (*english.scripts, *english.territories))


@cache
def _names() -> Mapping[str, str]:
    named = {name.lower(): _primary_code(tag.partition("_")[0]) for tag, name in Locale("en").languages.items()}
    return {name: code for name, code in named.items() if code}
