"""Languages that a model has to know: "must speak Arabic", "German call transcripts".

The spec has no field for them. They are told to the search for models in words, and order what it finds: half of the
records state no language, so none is left out for that.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cache, lru_cache
from typing import Final

from babel import Locale

_LANGUAGES: Final = (
    "ar", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "he", "hi", "hr", "hu",
    "id", "is", "it", "ja", "ko", "lt", "lv", "ms", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sr", "sv",
    "sw", "ta", "te", "th", "tr", "uk", "ur", "vi", "zh",
)  # fmt: skip
_LOCALES: Final = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "ru", "tr", "zh", "ja", "ko")
"""Languages in which the others' names are known."""
_DECLINED: Final = frozenset({"pl", "ru"})
"""Those in which a name changes its last letters."""
_LEAST: Final = {"nl": 6, "pt": 6}
_LEAST_ELSE: Final = 5
"""Letters of the shortest name of a language in others than English: lets, pools and Gregory are English."""
_ENDING: Final = 3
"""Letters that may follow what a name of another language begins with."""
_WORD: Final = re.compile(r"\w+")
_EASTERN: Final = frozenset({"zh", "ja", "ko"})
_OF_WORDS: Final = re.compile(r"text|speech|transl|summar|question|token|feature|sentence|fill|rank|convers")
ALL, NONE, OTHERS = range(3)
_ALSO: Final = {"no": ("no", "nb", "nn"), "zh": ("zh", "cmn", "yue")}
"""Codes by which records state a language, where there are several."""
_MANY: Final = frozenset({"multilingual", "mul"})
_POLISH: Final = "polish"
"""A verb, in lower case."""
_HOUSES: Final = re.compile(
    r"^[\s-]+(?:\w+[\s-]+)?(?:cloud|provider|compan\w*|firm|start-?up|business\w*|bank|hospital|clinic|university|school"
    r"|institute|agency|government|ministry|law\w*|data ?cent\w+|region\w*|servers?|hosting|hoster|market|team|offices?"
    r"|insurer|retailer|soil|authorit\w*|regulat\w*|cit(?:y|ies)|gmbh|shops?|site)\b",
    re.IGNORECASE,
)
"""What a name of a language tells the place of rather than the words of."""
_TO_US: Final = re.compile(
    r"(?:^|[.!?\n])\s*(?:please|bitte|por favor|s'il vous plaît|per favore)?,?\s*(?:answer|reply|respond|write"
    r"|antworte\w*|réponds|répondez|responde|rispondi)\s+(?:\w+\s+)?(?:in|auf|en)\s+$",
    re.IGNORECASE,
)
"""How the language of our replies is asked for."""


def is_of_words(task: str) -> bool:
    """Tell whether a task reads, hears or writes words, so that languages matter to it."""
    return bool(_OF_WORDS.search(task)) and not task.startswith(("text-to-image", "text-to-video", "text-to-3d"))


@lru_cache(maxsize=64)
def languages_in(words: str) -> tuple[str, ...]:
    """Return the languages that a model has to know by the user's words, as ISO 639-1 codes in their order; none where
    it is English alone, which most models know.

    >>> languages_in("a chatbot that must speak Arabic")
    ('ar',)
    """
    found = dict[str, None]()
    for named, code in _named(words):
        if named.group() == _POLISH or _HOUSES.match(words[named.end() :]) or _TO_US.search(words[: named.start()]):
            continue
        found.setdefault(code, None)
    return () if set(found) == {"en"} else tuple(found)


def language_names(codes: Collection[str]) -> list[str]:
    """Return the English names of languages."""
    return [Locale("en").languages[code] for code in codes]


def place_of(known: Collection[str], asked: Collection[str]) -> int:
    """Return how well the languages that a record states go with those asked for: ALL stated, NONE stated at all, or
    OTHERS alone, of those asked for not all."""
    if not asked:
        return ALL
    if all(states(known, code) for code in asked):
        return ALL
    return OTHERS if known and _MANY.isdisjoint(known) else NONE


def states(known: Collection[str], code: str) -> bool:
    """Tell whether the languages that a record states have one of them, whatever its country."""
    return any(one.partition("-")[0] in _ALSO.get(code, (code,)) for one in known)


def _named(words: str) -> Iterator[tuple[re.Match[str], str]]:
    """Yield the names of languages with their codes; names in writing without spaces stand anywhere."""
    western, stems, eastern = _names()
    for word in _WORD.finditer(words):
        said = word.group().lower()
        ends = range(len(said), max(len(said) - _ENDING, 0) - 1, -1)
        code = western.get(said) or next((stems[said[:end]] for end in ends if said[:end] in stems), "")
        if code:
            yield word, code
    for found in eastern.finditer(words) if not words.isascii() else ():
        yield found, found.lastgroup or ""


@cache
def _names() -> tuple[dict[str, str], dict[str, str], re.Pattern[str]]:
    """Return codes by English name, by what the names of other languages begin with, and the pattern of the rest."""
    english, stems, eastern = dict[str, str](), dict[str, str](), list[str]()
    for code in _LANGUAGES:
        named = {locale: Locale(locale).languages[code].lower() for locale in _LOCALES}
        english[named.pop("en")] = code
        eastern.append(f"(?P<{code}>{'|'.join(named.pop(locale) for locale in sorted(_EASTERN))})")
        for locale, name in named.items():
            if len(name) >= _LEAST.get(locale, _LEAST_ELSE):
                stems[name[:-2] if locale in _DECLINED else name] = code
    return english, stems, re.compile("|".join(eastern))
