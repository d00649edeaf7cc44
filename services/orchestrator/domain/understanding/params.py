"""How many parameters a model is to have, stated rather than read off its name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.mention import Mention
from services.orchestrator.domain.understanding.numbers import Number
from services.orchestrator.domain.understanding.past import rejected_as_past
from services.orchestrator.domain.understanding.polarity import negated

_BETWEEN_NUMBER_AND_CUE: Final = words("sizes.between_number_and_cue")
_OR = words("sizes.or")
_LARGEST_MODEL_B = 5000
_DESCRIBED: Final = 3
"""How many words may describe a model between its size and the noun: "350M protein language model"."""
_FEWEST_PARAMETERS: Final = 5e6
_MODEL_NOUNS: Final = words("sizes.model_nouns")
_OF_MODELS: Final = words("sizes.of_models")
_UNDECIDED: Final = frozenset(
    {"undecided", "torn", "unsure", "wavering", "unentschieden", "hesite", "hesitons", "dudamos", "twijfelen"}
)
_UNDECIDED_REACH: Final = 3
_PAIRS: Final = (("base", "pairs"), ("base", "pair"))
_LETTERS: Final = frozenset({"bp", "basepairs", "bases", "nucleotides", "basenpaare", "nukleotide", "nucleotidos"})
"""What the length of a genome is measured in."""
_ONE: Final = frozenset({"a", "an", "our", "my", "the"})
_WHATEVER: Final = frozenset({"whatever", "whichever", "egal"})
_WHATEVER_REACH: Final = 5
_LONGEST_SIZE = 3
"""Digits of the size of a model in billions."""
_PLACES_IN_A_HOUSE: Final = words("namesakes.before")
"""What a code stands behind that is no size: "seat 12B"."""
_COUNTED_KINDS = ("people", "requests", "time", "bytes", "currency", "per", "cue", "gpu", "component", "scale")


def read_params(doc: Doc) -> Iterator[Mention]:
    """Read parameters that stand for themselves: "a 13b model", "7 billion parameters", "8 Milliarden Parametern"."""
    found: list[Mention] = []
    for number in list(doc.free_numbers()):
        cue = _cue_at(doc, number.j, "params")
        if number.billions:
            if (
                doc.at(number.j, "items")
                or _cue_at(doc, number.j, "tokens")
                or doc.at(number.j, "currency")
                or doc.at(number.j, "people")
                or (doc.at(number.j, "time") and len(doc.text(number.j)) > 1)
            ):
                continue
            if (doc.text(number.j), doc.text(number.j + 1)) in _PAIRS or doc.text(number.j) in _LETTERS:
                continue
            if doc.at(number.j, "requests") or doc.at(number.j, "per") or doc.ending(number.i, "currency"):
                continue
            value = number.value
        elif (cue and number.value >= 1e5) or (number.value >= _FEWEST_PARAMETERS and _sizes_a_model(doc, number)):
            value = number.value / 1e9
        else:
            continue
        if not 0.0001 <= value <= _LARGEST_MODEL_B:
            continue
        doc.claim(number)
        if rejected_as_past(doc, number.i) or doc.text(number.i - 1) in _PLACES_IN_A_HOUSE or _in_a_code(doc, number):
            continue
        found.append(Mention("model_params_b", value, number.i, number.j, negated=negated(doc, number.i, number.j)))
    if any(_undecided(doc, m) for m in found):
        return
    if len(found) > 1 and (all(doc.text(m.j) == "?" for m in found) or _alternatives(doc, found) or _any(doc, found)):
        return
    yield from found


def _in_a_code(doc: Doc, number: Number) -> bool:
    """Say whether the number ends a code, as in "ref. MOE/2026/0417-70B": what it hangs on is a number of its own."""
    before = doc.text(number.i - 2)
    hangs = doc.text(number.i - 1) in ("-", "/") and doc.tokens[number.i].glued and doc.tokens[number.i - 1].glued
    return hangs and before.isdigit() and (before.startswith("0") or len(before) > _LONGEST_SIZE)


def _sizes_a_model(doc: Doc, number: Number) -> bool:
    """Say whether it reads "a 350M GPT", "124M transformer", "an 800M TTS model"."""
    if doc.text(number.j - 1) != "m" or not doc.tokens[number.j - 1].glued:
        return False
    k = number.j + (doc.text(number.j) == "-")
    family = doc.at(number.j, "family")
    if family is not None and doc.text(number.i - 1) in _ONE:
        return doc.text(family.j) not in _OF_MODELS and not _is_counted(doc, family.j)
    last = next((n for n in range(k, k + _DESCRIBED + 1) if doc.text(n) in _MODEL_NOUNS), None)
    described = last is not None and all(
        doc.text(n).isalpha() and not _is_counted(doc, n) for n in range(k, last) if not _hyphen(doc, n)
    )
    return last is not None and described and doc.text(last + 1) not in _OF_MODELS


def _hyphen(doc: Doc, k: int) -> bool:
    return doc.text(k) == "-" and doc.tokens[k].glued and k + 1 < len(doc.tokens) and doc.tokens[k + 1].glued


def _is_counted(doc: Doc, k: int) -> bool:
    return any(doc.at(k, kind) is not None for kind in ("items", *_COUNTED_KINDS) if kind != "cue")


def _undecided(doc: Doc, size: Mention) -> bool:
    """Say whether it reads "undecided between 7B and 13B"."""
    return any(doc.text(k) in _UNDECIDED for k in range(max(0, size.i - _UNDECIDED_REACH), size.i))


def _alternatives(doc: Doc, found: list[Mention]) -> bool:
    """Say whether the last two sizes are left open: "7B or 13B"."""
    first, second = found[-2:]
    return second.i - first.j == 1 and doc.text(first.j) in _OR and first.value != second.value


def _any(doc: Doc, found: list[Mention]) -> bool:
    """Say whether the sizes listed last are left to us: "7b, 14b, whatever"."""
    first, second = found[-2:]
    listed = second.i - first.j == 1 and doc.text(first.j) in (",", "/")
    k = second.j + (doc.text(second.j) == ",")
    k += doc.text(k) in _OR
    return listed and (doc.text(k) in _WHATEVER or doc.any_between("delegate", k, k + _WHATEVER_REACH))


def _cue_at(doc: Doc, j: int, id_: str) -> bool:
    return any(
        doc.at(k, "cue", id_) is not None for k in (j, j + 1) if k == j or doc.text(j) in _BETWEEN_NUMBER_AND_CUE
    )
