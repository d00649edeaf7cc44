"""Suggestions picked in answer to questions: by number, by place in the list, by their words, several at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from rapidfuzz import fuzz

from services.orchestrator.domain.question import Question
from services.orchestrator.domain.spec import LIST_FIELDS
from services.orchestrator.domain.understanding.fold import fold
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import default_matcher
from services.orchestrator.domain.understanding.names import region_ids
from services.orchestrator.domain.understanding.tokens import tokenize

_COUNTS: Final = frozenset({"concurrency", "gpu_count_min", "dataset_items", "context_tokens"})
_AMOUNTS: Final = words("answers.amounts")
_NUMERIC: Final = _COUNTS | _AMOUNTS
_OPTION: Final = re.compile(r"^(?:option |number |nr\.? |no\. |#|\()?\s*([1-9]|[a-d])\s*[.):]?$")
_ORDINALS: Final = {word: n - 1 for n in range(1, 5) for word in words(f"answers.ordinals_{n}")}
_ORDINAL: Final = re.compile(r"(?:\w{1,3} )?(\w+)(?: (?:one|option|please)){0,2}")
"""Such as "the second one", "das zweite", "first option please"."""
_SEVERAL: Final = re.compile(r"[1-9](?:\s*(?:,|and|&|\+|und|et|y|e|en|i|и|和)\s*[1-9]){1,2}")
"""Such as "1 and 3", "2, 1, 3"."""
_NUMBERED: Final = re.compile(
    r"(?:^|[\n,;]|\s)\s*(?:q)?([1-3])\s*[).:=-]\s+([^\n;]+?)(?=(?:[\n,;]|\s)\s*(?:q)?[1-3]\s*[).:=-]\s|$)"
)
_SHORTEST_KEY: Final = 2
_ENOUGH: Final = 88
_LONGEST_ANSWER: Final = 12
_LABELS: Final = {
    "budget_usd_month": "budget per month",
    "concurrency": "concurrent users:",
    "gpu_count_min": "gpus:",
    "context_tokens": "context",
}


def expand(text: str, asked: Sequence[Question]) -> str:
    """Return the text with chosen suggestions spelt out: "2" becomes the second suggestion."""
    if not asked:
        return text
    plain = fold(text).strip().strip(".!")
    if option := _OPTION.match(plain):
        return _option(text, option.group(1), asked[0])
    chosen = _ORDINALS.get(ordinal.group(1)) if (ordinal := _ORDINAL.fullmatch(plain)) else None
    if chosen is not None and chosen < len(asked[0].suggestions):
        return asked[0].suggestions[chosen]
    if several := _several(plain, asked):
        return several
    pairs = _NUMBERED.findall(plain)
    if len(pairs) >= 2 and len(asked) >= 2 and all(int(n) <= len(asked) for n, _ in pairs):
        return "\n".join(_spoken(value.strip(), asked[int(n) - 1]) for n, value in pairs)
    for question in asked:
        if suggestion := _period(plain, question) or _suggestion(plain, question):
            return suggestion
    return text


def _several(plain: str, asked: Sequence[Question]) -> str:
    """Return what "1 and 3" picks: of one question two suggestions, of two the first of one and the third of the other.

    Empty where a number is no suggestion's, or may be what is asked for itself: how many GPUs.
    """
    places = [int(n) - 1 for n in re.findall(r"\d", plain)] if _SEVERAL.fullmatch(plain) else []
    if not places or any(question.field == "gpu_count_min" for question in asked):
        return ""
    answered = list(asked) if len(asked) == len(places) else list(asked) * len(places) if len(asked) == 1 else []
    if len(asked) == 1 and asked[0].field not in LIST_FIELDS:
        return ""
    picks = [q.suggestions[n] for q, n in zip(answered, places, strict=False) if 0 <= n < len(q.suggestions)]
    if not answered or len(picks) != len(places):
        return ""
    return (" and " if len(asked) == 1 else "\n").join(picks)


def _period(plain: str, question: Question) -> str:
    """Return the amount with the period that the words name: "that's for the entire project"."""
    if question.id != "budget_period" or re.search(r"\d", plain):
        return ""
    tokens = tokenize(plain)
    named = {m.id for m in default_matcher().find(plain, tokens) if m.kind == "per"}
    if len(tokens) > _LONGEST_ANSWER or len(named) != 1:
        return ""
    return next((s for s in question.suggestions if s.endswith(tuple(named))), "")


def _option(text: str, key: str, question: Question) -> str:
    """Read a bare number as a value where the question asks for a count, else as the number of a suggestion."""
    if question.field in _NUMERIC and key.isdigit():
        return text
    index = "abcd".index(key) if key.isalpha() else int(key) - 1
    return question.suggestions[index] if 0 <= index < len(question.suggestions) else text


def _spoken(value: str, question: Question) -> str:
    """Return one of several answers in words that are understood beside the others."""
    option = _OPTION.match(value)
    chosen = _option(value, option.group(1), question) if option else _suggestion(value, question)
    return chosen if chosen and chosen != value else f"{_LABELS.get(question.field, '')} {value}".strip()


def _suggestion(plain: str, question: Question) -> str:
    """Return the one suggestion that the words pick out."""
    said = set(re.findall(r"\w+", plain))
    if not said or len(said) > 8:
        return ""
    fits: list[str] = []
    regions = {region for _, _, region in region_ids(plain)}
    if not all(any(region in fold(s) for s in question.suggestions) for region in regions):
        return ""  # a region of its own, whatever words it shares with those suggested
    for suggestion in question.suggestions:
        folded = fold(suggestion)
        if plain == folded or fuzz.ratio(plain, folded) >= _ENOUGH:
            return suggestion
        if said <= set(re.findall(r"\w+", folded)) and any(len(w) > 2 for w in said):
            fits.append(suggestion)
    if not fits and question.id.startswith("settle_"):
        fits = [s for s in question.suggestions if any(w in said for w in _alone(s, question.suggestions))]
    return fits[0] if len(fits) == 1 else ""


def _alone(suggestion: str, among: Sequence[str]) -> set[str]:
    """Return the words that only one suggestion holds: "finance won" picks "finance says $400 a month"."""
    others = {w for s in among if s != suggestion for w in re.findall(r"\w+", fold(s))}
    return {w for w in re.findall(r"\w+", fold(suggestion)) if len(w) > _SHORTEST_KEY} - others
