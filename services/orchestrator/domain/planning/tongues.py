"""Languages that a model has to know: "must speak Arabic", "German call transcripts".

The spec has no field for them. They are told to the search for models in words, and order what it finds: half of the
records state no language, so none is left out for that.
"""

from __future__ import annotations

import re
from collections.abc import Collection
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
_LEAST: Final = {"nl": 6}
_LEAST_ELSE: Final = 5
"""Letters of the shortest name of another language than English that is heard: lets and pools are English too."""
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
    for named in _pattern().finditer(words):
        if named.group() == _POLISH or _HOUSES.match(words[named.end() :]) or _TO_US.search(words[: named.start()]):
            continue
        found.setdefault(named.lastgroup or "", None)
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


@cache
def _pattern() -> re.Pattern[str]:
    """Return the pattern of all names, each in the group of its code."""
    return re.compile("|".join(f"(?P<{code}>{_names(code)})" for code in _LANGUAGES), re.IGNORECASE)


def _names(code: str) -> str:
    """Return the pattern of what a language is called; names in writing without spaces stand anywhere."""
    named = {locale: Locale(locale).languages[code] for locale in _LOCALES}
    told = {k: name for k, name in named.items() if k in ("en", *_EASTERN) or len(name) >= _LEAST.get(k, _LEAST_ELSE)}
    eastern = [re.escape(name) for locale, name in told.items() if locale in _EASTERN]
    western = [
        f"{re.escape(name[:-2])}\\w{{1,4}}"
        if locale in _DECLINED
        else f"{re.escape(name)}{'' if locale == 'en' else '[a-z]{0,2}'}"
        for locale, name in told.items()
        if locale not in _EASTERN
    ]
    return rf"(?<!\w)(?:{'|'.join(western)})(?!\w)|{'|'.join(eastern)}"
