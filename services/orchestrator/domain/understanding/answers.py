"""Answers to the questions asked before: a number of a suggestion, a bare value, yes or no, or "you choose"."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from services.orchestrator.domain.question import Question
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.granted import is_granted
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.mention import Mention
from services.orchestrator.domain.understanding.money import period_asked
from services.orchestrator.domain.understanding.numbers import Number
from services.orchestrator.domain.understanding.outdated import cue_before

_ENDS: Final = words("answers.ends")

_COUNTS: Final = frozenset({"concurrency", "gpu_count_min", "dataset_items", "context_tokens"})
_AMOUNTS: Final = words("answers.amounts")
_NUMERIC: Final = _COUNTS | _AMOUNTS
_BUDGETS: Final = ("budget_usd_hour", "budget_usd_month", "budget_usd_total", "budget_amount")
_RESTATABLE: Final = (_NUMERIC | set(_BUDGETS)) - {"model_params_b"}
_LEAST_BUDGET: Final = 20
_MOST_AN_HOUR: Final = 1_000
_FILLERS: Final = words("answers.fillers")
_THEN: Final = words("answers.then")
_USE: Final = words("answers.use")
_SHORT: Final = 8
_TERSE: Final = 3
_BOOLEANS: Final = words("answers.booleans")
_YEARS: Final = range(1950, 2101)
_SINCE: Final = words("answers.since")
_REACHING: Final = ("go", "dat", "reach", "stretch", "run", "all")
_WIDEST_CHANGE: Final = math.log(200)
"""A value restated differs from the one before by no more than this factor."""


def read_answers(doc: Doc, asked: Sequence[Question], *, said: set[str]) -> list[Mention]:
    """Read what only the questions explain: bare numbers, yes and no.

    said: the fields that the message already sets by itself.
    """
    found: list[Mention] = []
    if not asked:
        return found
    open_questions = [q for q in asked if q.field not in said]
    numbers = [n for n in doc.free_numbers() if not n.billions and _bare(doc, n) and not doc.at(n.i, "factor")]
    for question in open_questions:
        if question.field in _BOOLEANS and said and question is not asked[0]:
            continue  # "yes, 100 at once" answers another question
        if question.field in _BOOLEANS:
            found += _yes_no(doc, question)
            continue
        fitting = [n for n in numbers if _fits(n, question.field)]
        if not fitting or not _is_answer(doc, numbers):
            continue
        last = fitting[-1] if _corrects(doc, fitting) else fitting[0]
        for number in numbers if _corrects(doc, fitting) else [last]:
            doc.claim(number)
        numbers = [n for n in numbers if n.i not in doc.claimed]
        found.append(_value(question, last))
    return found


def read_correction(doc: Doc, spec: WorkloadSpec, mentions: Sequence[Mention], *, turn: int) -> list[Mention]:
    """Read a bare number, as in "no, make it 4" or "leave it at 10", as the new value of the number set last."""
    if not any(field in _RESTATABLE for field in spec.origins):
        return []
    taken = {doc.clause[m.i] for m in mentions if m.j > m.i}
    bare = [n for n in doc.free_numbers() if not n.billions and _bare(doc, n) and not doc.at(n.i, "factor")]
    refused = [n for n in bare if cue_before(doc, n.i)]  # "4, not 2"
    corrected = {doc.sentence[i] for i in (*(c.i for c in doc.all("correction")), *(n.i for n in refused))}
    for number in reversed([n for n in bare if n not in refused]):  # "2, no make it 4": the last one holds
        length = len(doc.clause_span(number.i))
        granted = bool(doc.all("concession")) or (_alone(doc, number) and is_granted(doc, number.i, number.j))
        cue = doc.sentence[number.i] in corrected or _named_anew(doc, number) or granted
        terse = len(doc.tokens) <= _TERSE and _is_answer(doc, bare)
        if doc.clause[number.i] in taken or length > _SHORT or not (cue or terse):
            continue
        fields = [
            f
            for f in spec.origins
            if f in _RESTATABLE
            and _fits(number, f)
            and abs(math.log(number.value / getattr(spec, f))) <= _WIDEST_CHANGE
            and (cue or spec.origins[f].turn == turn - 1)
        ]
        if fields:
            newest = max(spec.origins[f].turn for f in fields)
            recent = [f for f in fields if spec.origins[f].turn == newest]
            latest = min(recent, key=lambda f: (abs(math.log(number.value / getattr(spec, f))), f))
            doc.claim(number)
            value: float | int = int(number.value) if latest in _COUNTS else number.value
            return [Mention(latest, value, number.i, number.j)]
    return []


def _named_anew(doc: Doc, number: Number) -> bool:
    """Say whether it reads "3000 then", "so use 4", "go with 150": a new value for what was said before."""
    before, after = doc.text(number.i - 1), doc.text(number.j)
    return (after in _THEN and _ends(doc, number.j + 1)) or (before in _USE and _ends(doc, number.j))


def _is_answer(doc: Doc, numbers: Sequence[Number]) -> bool:
    """Say whether a message is no more than an answer: numbers and words that carry nothing of their own."""
    inside = {k for n in doc.numbers for k in range(n.i, n.j)}
    light = [m for kind in ("bound", "correction", "say") for m in doc.all(kind) if m.id != "greeting"]
    carried = inside | {k for m in light for k in range(m.i, m.j)}
    rest = [t.text for k, t in enumerate(doc.tokens) if k not in carried and t.text[0].isalpha()]
    return bool(numbers) and all(word in _FILLERS for word in rest)


def as_requests(doc: Doc, spec: WorkloadSpec, mentions: list[Mention]) -> list[Mention]:
    """Read "make it 40 chats" as requests at once, where these and no documents were spoken of."""
    if spec.concurrency is None or spec.dataset_items is not None or not doc.all("correction"):
        return mentions
    calls = {m.j for m in doc.all("requests")} | {m.j for m in doc.all("people")}
    counted = [m for m in mentions if m.field == "dataset_items" and m.j in calls]
    if not counted:
        return mentions
    kept = [m for m in mentions if m not in counted and m.field != "dataset_modality"]
    return [*kept, *(m._replace(field="concurrency") for m in counted)]


def read_restated(doc: Doc, mentions: Sequence[Mention]) -> list[Mention]:
    """Read a bare number after a correction as the new value of the number said before: "100 users. Make that 150"."""
    found: list[Mention] = []
    if not doc.all("correction"):
        return found
    for number in [n for n in doc.free_numbers() if not n.billions and _bare(doc, n) and not doc.at(n.i, "factor")]:
        cue = doc.near(number.i, number.j, "correction", before=2, after=0) or _exclaimed(doc, number.i)
        if cue is None or cue.j > number.i or not (_ends(doc, number.j) or doc.at(number.j, "positive")):
            continue
        before = [m for m in mentions if m.j <= number.i and not m.negated and m.field in _RESTATABLE]
        if not before:
            continue
        last = max(before, key=lambda m: (m.j, m.field))
        if _fits(number, last.field):
            doc.claim(number)
            value: float | int = int(number.value) if last.field in _COUNTS else number.value
            found.append(Mention(last.field, value, number.i, number.j))
    return found


def _exclaimed(doc: Doc, i: int) -> Match | None:
    """Return the words of correction that are a sentence of their own before token i: "900... typo! 9000"."""
    return doc.ending(i - 1, "correction") if doc.text(i - 1) in ("!", ".", ":") else None


def _ends(doc: Doc, j: int) -> bool:
    return doc.text(j) in _ENDS


def _bare(doc: Doc, number: Number) -> bool:
    kinds = ("bytes", "time", "currency", "gpu", "family")
    after = range(number.j, min(number.j + 3, doc.sentence_span(number.i).stop))
    if any(doc.at(k, "cue", "node") for k in after) or _is_year(doc, number):
        return False  # "three of the nodes"
    return not doc.any_at(number.j, kinds) and not (
        number.i and doc.tokens[number.i].glued and doc.text(number.i - 1).isalpha()
    )


def _alone(doc: Doc, number: Number) -> bool:
    """Say whether the number counts nothing that is named."""
    return not doc.any_at(number.j, ("items", "people", "requests", "cue", "per"))


def _is_year(doc: Doc, number: Number) -> bool:
    """Say whether it reads "goes back to 2016", "since 2019": a year from which on something is there."""
    reaches = doc.text(number.i - 2) == "back" and doc.text(number.i - 3).startswith(_REACHING)
    return (reaches or doc.text(number.i - 1) in _SINCE) and number.value in _YEARS


def _corrects(doc: Doc, numbers: Sequence[Number]) -> bool:
    return len(numbers) > 1 and any(numbers[0].j <= c.i < numbers[-1].i for c in doc.all("correction"))


def _fits(number: Number, field: str) -> bool:
    if field == "budget_usd_hour":
        return 0 < number.value <= _MOST_AN_HOUR
    if field.startswith("budget"):
        return number.value >= _LEAST_BUDGET
    if field in _COUNTS:
        return (
            number.value >= 1
            and number.value == int(number.value)
            and (field != "gpu_count_min" or number.value <= 1000)
        )
    return field in _AMOUNTS and number.value > 0


def _value(question: Question, number: Number) -> Mention:
    value: float | int = int(number.value) if question.field in _COUNTS else number.value
    budget = question.field.startswith("budget")
    return Mention(f"budget_usd_{period_asked(question)}" if budget else question.field, value, number.i, number.j)


def _yes_no(doc: Doc, question: Question) -> list[Mention]:
    """Read yes or no at the start of the message as the answer to a question about a wish that is met or not."""
    match = doc.at(0, "say", "yes") or doc.at(0, "say", "no")
    if match is None or doc.all("delegate") or not _stands_alone(doc, match.j):
        return []
    return [Mention(question.field, match.id == "yes", match.i, match.j)]


def _stands_alone(doc: Doc, j: int) -> bool:
    """Say whether a yes or no is an answer by itself: "no budget limit" and "no, on AMD" say no to something else."""
    if doc.text(j) and doc.text(j) not in _ENDS:
        return all(doc.text(k) in _FILLERS or not doc.text(k).isalpha() for k in range(j, len(doc.tokens)))
    rest = [doc.text(k) for k in range(j, len(doc.tokens)) if doc.text(k).isalpha()]
    return not rest or any(doc.tokens[k].is_number for k in range(j, len(doc.tokens)))
