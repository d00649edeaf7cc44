"""Classification that is said by what is told apart: "sort complaints into 8 heaps", "will she leave, yes or no"."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from services.orchestrator.domain.understanding.doc import Doc, once
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.polarity import negated
from services.orchestrator.domain.understanding.talk import done_by_people

_JOINS: Final = words("told_apart.joins")
_INTO: Final = words("told_apart.into")
_WHETHER: Final = words("told_apart.whether")
_AMOUNT: Final = words("told_apart.amount")
_FUTURE: Final = words("told_apart.future")
_WILL: Final = words("told_apart.will")
_WHICH: Final = words("told_apart.which")
_WHO: Final = words("told_apart.who")
_ASKING: Final = _WILL | _WHICH | _WHO
_ARTICLES: Final = words("told_apart.articles")
_SHOWN: Final = words("told_apart.shown")
_OF_OURS: Final = words("told_apart.of_ours")
"""What a plan is made of: "which GPU is it" asks us, and tells no data apart."""
_AMOUNT_REACH: Final = 2
_INTO_REACH: Final = 10
_WHETHER_REACH: Final = 4
_JOIN_REACH: Final = 4
"""Tokens from one state to the other: "late or on time", "engine noise from normal noise"."""


@once
def told_apart(doc: Doc) -> Match | None:
    """Return the words by which a message tells things apart, as the verb to classify."""
    found = things_told_apart(doc) or next((m for m in doc.all("apart", "alone") if not negated(doc, m.i, m.j)), None)
    return found._replace(kind="verb", id="classify") if found is not None else None


@once
def things_told_apart(doc: Doc) -> Match | None:
    """Return the words that tell things apart even where no data are named: "or not" alone is said of anything."""
    return _sorted_into(doc) or foretold(doc) or _either(doc)


@once
def foretold(doc: Doc) -> Match | None:
    """Return the words that ask of data what will be or is: a time beside them is no deadline."""
    return _asked_whether(doc) or _asked_outright(doc)


@once
def amount_predicted(doc: Doc) -> Match | None:
    """Return the verb of "predict how many days it takes", where an amount is foretold and no course in time."""
    if doc.all("sensor") or not doc.spoken.isdisjoint(_FUTURE):
        return None
    for verb in (*doc.all("verb", "predict"), *doc.all("apart", "tell")):
        until = doc.sentence_span(verb.i).stop if verb.kind == "verb" else verb.j + _AMOUNT_REACH
        if doc.any_word(_AMOUNT, verb.j, until) and not negated(doc, verb.i, verb.j):
            return verb
    return None


@once
def thing(doc: Doc) -> tuple[str, int, int] | None:
    """Return of which kind the things are that a message names without calling them data: a review, a customer."""
    return next(((m.id, m.i, m.j) for m in doc.all("thing")), None)


def _sorted_into(doc: Doc) -> Match | None:
    """Return the verb of "sorts reviews into 5 moods", "label each transfer as clean"."""
    for verb in doc.all("apart", "sort"):
        clause = doc.clause_span(verb.i)
        until = min(clause.stop, verb.j + _INTO_REACH)
        aimed = doc.any_word(_INTO, verb.j, until) or doc.any_between("apart", verb.j, until, "state")
        if aimed and not negated(doc, verb.i, verb.j) and not done_by_people(doc, verb.i):
            return verb
    return None


def _asked_whether(doc: Doc) -> Match | None:
    """Return the verb of "predict whether a delivery will be late", "predict who cancels"."""
    for verb in (*doc.all("verb", "predict"), *doc.all("apart", "tell")):
        if doc.any_word(_WHETHER, verb.j, verb.j + _WHETHER_REACH) and not negated(doc, verb.i, verb.j):
            return verb
    return None


def _asked_outright(doc: Doc) -> Match | None:
    """Return the words of "will a tenant pay on time?", "which species is it", "who comes back?", asked of data."""
    if doc.spoken.isdisjoint(_ASKING):
        return None
    for k, token in enumerate(doc.tokens):
        first = k == 0 or doc.clause[k - 1] != doc.clause[k] or doc.text(k - 1) in (",", ":", ";", "-")
        noun = k + 1 + (doc.text(k + 1) in _ARTICLES)
        foretells = first and token.text in _WILL and noun < len(doc.tokens) and doc.at(noun, "thing") is not None
        asks_kind = token.text in _WHICH and doc.text(k + 1) not in _OF_OURS and _is_asked_of(doc, k)
        asks_who = first and token.text in _WHO and bool(doc.all("modality", "tabular"))
        if foretells or asks_kind or asks_who:
            return Match("apart", "asked", k, k + 1, {})
    return None


def _is_asked_of(doc: Doc, k: int) -> bool:
    """Say whether the question at token k is for what a thing is: "which bird is singing", "what language is it"."""
    verb = next((n for n in (k + 2, k + 3) if doc.text(n) in _WILL), None)
    return verb is not None and doc.text(verb + 1) in _SHOWN


def _either(doc: Doc) -> Match | None:
    """Return the first of two states that are opposed: "sick or healthy", "fake and real", "good from bad"."""
    states = doc.all("apart", "state")
    for first, second in pairwise(states):
        near = 1 <= second.i - first.j <= _JOIN_REACH and doc.clause[second.i] == doc.clause[first.i]
        if near and first.id == second.id and any(doc.text(k) in _JOINS for k in range(first.j, second.i)):
            return first
    return None
