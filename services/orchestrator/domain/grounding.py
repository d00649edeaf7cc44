"""Whether what a language model says stands in the words it was given. What does not is dropped."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import combinations
from typing import Any, Final

from pydantic import ValidationError

from services.orchestrator.domain import measured
from services.orchestrator.domain.spec import LIST_FIELDS, WorkloadSpec
from services.orchestrator.domain.understanding.fold import fold
from services.orchestrator.domain.understanding.matcher import default_matcher
from services.orchestrator.domain.understanding.tokens import tokenize

_NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)*")
_TOLERANCE: Final = 0.011
"""Relative; lets 2 TiB be 2,199 GB and a rate per minute be rounded."""
_THOUSAND: Final = (1e3, 1e6, 1e9, 1e12)
_FACTORS: Final = (
    1.0,
    *_THOUSAND,
    *(1 / f for f in _THOUSAND),
    *(1024.0**n / 1e9 for n in (2, 3, 4, 5)),
    1024.0,
    1 / 60,
    1 / 3600,
    1 / 86400,
    60.0,
    24.0,
    168.0,
    720.0,
    730.0,
    8760.0,
    60_000.0,
)
"""What a number may be multiplied by on its way into the spec: magnitudes, binary units, spans of time."""
_MOST_FACTORS: Final = 8
"""Numbers in one quote beyond which products are not tried."""
_NAMED: Final = frozenset({"license", "precision", "budget_currency"})
"""Fields of text that a user names rather than describes; the rules read the other ways of saying them."""
_MONEY: Final = frozenset({"currency", "money", "per"})
"""Kinds of words of the lexicon that a budget is told with."""
_NUMBER_WORDS: Final = {
    **dict.fromkeys(("a", "an", "one", "single"), 1.0),
    **dict.fromkeys(("both", "couple", "pair", "twice"), 2.0),
}
"""Words that stand for a number and are none to the reader of numbers, or one in some places only."""


def folded(text: str) -> str:
    """Return a text without case, accents and spacing, for comparing."""
    plain = text.casefold()
    if not plain.isascii():
        plain = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
    return re.sub(r"[\s_\-]+", " ", plain).strip()


def numbers_in(text: str) -> set[float]:
    """Return the numbers that stand in a text in digits, in every reading of their separators."""
    found: set[float] = set()
    for match in _NUMBER.findall(text):
        for reading in (match.replace(",", ""), match.replace(".", "").replace(",", "."), match.replace(",", ".")):
            if reading.count(".") <= 1:
                found.add(float(reading))
    return found


def squashed(text: str) -> str:
    """Return the letters and digits of a text without case, for comparing names however they are written."""
    return "".join(filter(str.isalnum, text.casefold()))


class Ground:
    """A text that sentences must rest on, in the forms that they are compared with, each of which is made once."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def numbers(self) -> set[float]:
        """Its numbers, as of numbers_in."""
        return numbers_in(self._text)

    @cached_property
    def folded(self) -> str:
        """The text as of folded."""
        return folded(self._text)

    @cached_property
    def squashed(self) -> str:
        """The text as of squashed."""
        return squashed(self._text)


def quoted(words: str, message: str) -> bool:
    """Tell whether words stand in a message; signs alone are no words."""
    wanted = folded(words).strip()
    return bool(wanted) and wanted in folded(message)


def number_follows(value: float, words: str) -> bool:
    """Tell whether a number follows from words: it or a product of two stands there, by a unit's factor at most."""
    stated = numbers_in(words) | {_NUMBER_WORDS[w] for w in folded(words).split() if w in _NUMBER_WORDS}
    stated |= {number for number, _ in measured.written_numbers(words)}
    products = {a * b for a, b in combinations(sorted(stated), 2)} if len(stated) <= _MOST_FACTORS else set()
    return any(_converts(value, n) for n in stated) or any(_near(value, product) for product in products)


def _converts(value: float, number: float) -> bool:
    """Tell whether a value is a number, but for a unit's factor."""
    return any(_near(value, number * factor) for factor in _FACTORS)


def _near(value: float, reading: float) -> bool:
    return abs(value - reading) <= _TOLERANCE * abs(value)


def keep_grounded(
    proposed: Iterable[Mapping[str, Any]], message: str, *, by_rule: Mapping[str, Any]
) -> tuple[dict[str, tuple[Any, str]], list[str]]:
    """Return the proposed changes that stand in the message, as (value, words) by field, and the fields dropped.

    proposed: mappings with field (a name of the spec's), value and words. by_rule: what the rules read in the same
    message; a value that they read too needs no further ground.
    """
    kept: dict[str, tuple[Any, str]] = {}
    dropped: list[str] = []
    for change in proposed:
        field, value, words = str(change["field"]), change["value"], str(change["words"])
        try:
            typed = _typed(field, value)
        except ValidationError:
            dropped.append(field)
            continue
        if field in by_rule and by_rule[field] == typed:
            kept[field] = (typed, words)
        elif not quoted(words, message):
            dropped.append(field)
        elif isinstance(typed, tuple):
            if names := tuple(name for name in typed if _name_follows(str(name), words, by_rule)):
                kept[field] = (names, words)
            else:
                dropped.append(field)
        elif _scalar_follows(field, typed, words, message) and not _is_anothers(field, typed, message, by_rule):
            kept[field] = (typed, words)
        else:
            dropped.append(field)
    return kept, dropped


def _typed(field: str, value: Any) -> Any:
    """Return a value as the spec would hold it; None for one that removes the field. Raises ValidationError."""
    if value is None:
        return None
    listed = [value] if field in LIST_FIELDS and not isinstance(value, list | tuple) else value
    return getattr(WorkloadSpec().with_fields({field: listed}), field)


def _scalar_follows(field: str, value: Any, words: str, message: str) -> bool:
    """Tell whether a single value follows from words. What a task or a domain is called is a matter of reading."""
    if isinstance(value, bool):
        return measured.speaks_of(field, words) and not measured.denies(field, value, words, message)
    if _is_number(value):
        told = number_follows(value, words) and (not field.startswith("budget") or _tells_money(words))
        return told and not _measures_another(field, value, words, message)
    return field not in _NAMED or value is None or _name_follows(str(value), words, {})


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _tells_money(words: str) -> bool:
    """Tell whether words speak of money or of a period that is paid for: "70 people" is no budget."""
    plain = fold(words)
    return any(m.kind in _MONEY for m in default_matcher().find(plain, tokenize(plain)))


def _measures_another(field: str, value: float, words: str, message: str) -> bool:
    """Tell whether wherever a number is said, the words beside it name a unit that is not its field's.

    The whole sentence is read: a model may quote the 70 of "70 people" alone.
    """
    said = [sentence for sentence in measured.sentences_of(message) if quoted(words, sentence)] or [words]
    docs = [measured.read(sentence) for sentence in said]
    beside = [(n, doc) for doc in docs for n in doc.numbers if _converts(value, n.value)]
    return bool(beside) and not any(measured.fits(field, number, doc) for number, doc in beside)


def _is_anothers(field: str, value: Any, message: str, by_rule: Mapping[str, Any]) -> bool:
    """Tell whether a number is said once and the rules read it as another field: the 8 of "8B" counts no GPUs."""
    read = any(f != field and _is_number(v) and v == value for f, v in by_rule.items())
    return _is_number(value) and read and sum(value in numbers_in(n) for n in _NUMBER.findall(message)) == 1


def _name_follows(name: str, words: str, by_rule: Mapping[str, Any]) -> bool:
    """Tell whether a name stands in the words: each of its parts does, or the rules read it there."""
    if any(name in value for value in by_rule.values() if isinstance(value, tuple | list)):
        return True
    tokens = re.findall(r"[a-z0-9]+", folded(words))
    flat = "".join(tokens)
    begun = ["".join(tokens[place:]) for place in range(len(tokens))]
    parts = re.findall(r"[a-z0-9]+", folded(name))
    # "h100" stands in "8xh100", but "mit" does not stand in "limit".
    return bool(parts) and all(
        part in flat if any(c.isdigit() for c in part) else any(rest.startswith(part) for rest in begun)
        for part in parts
    )


def sentence_grounded(sentence: str, facts: Ground) -> bool:
    """Tell whether every number of a sentence, in digits or in words, stands in the facts."""
    if any(number not in facts.numbers for number in _primary(sentence)):
        return False
    written = [words for number, words in measured.written_numbers(sentence) if number not in facts.numbers]
    return not written or _all_stand(written, facts.folded)


def _all_stand(written: Iterable[str], facts: str) -> bool:
    return all(re.search(rf"\b{re.escape(folded(words))}\b", facts) for words in written)


def _primary(text: str) -> list[float]:
    """Return the numbers of a text in their English reading."""
    return [float(m.replace(",", "")) for m in _NUMBER.findall(text) if m.replace(",", "").count(".") <= 1]
