"""Deadlines: the time in which a job has to be done, in hours."""

from __future__ import annotations

from collections.abc import Iterator, Set
from datetime import datetime
from itertools import pairwise
from typing import Final

from services.orchestrator.domain.spec import TaskType, WorkloadSpec
from services.orchestrator.domain.understanding.dates import deadlines
from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.granted import is_granted
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.mention import Mention
from services.orchestrator.domain.understanding.model_facts import domains_named
from services.orchestrator.domain.understanding.numbers import Number
from services.orchestrator.domain.understanding.polarity import negated
from services.orchestrator.domain.understanding.service import time_at
from services.orchestrator.domain.understanding.told_apart import foretold

_OF_WORDS: Final = words("service.of_words")
_CLAUSE_ENDS: Final = words("service.clause_ends")
_NOT_DEADLINE: Final = words("service.not_deadline")
_JOBS: Final = (TaskType.TRAINING, TaskType.FINE_TUNING, TaskType.BATCH_INFERENCE)
_LONG: Final = ("h", "d", "w", "mo")
_SAY: Final = frozenset({"say", "sagen", "disons", "digamos", "diciamo", "zeg"})
_IN: Final = words("service.in")
_NOW: Final = ("now", "jetzt", "nun", "maintenant", "ahora", "adesso", "agora", "nu", "teraz", "теперь")
_TIME_LEFT: Final = words("service.time_left")
_DONE: Final = words("service.done")
_WHOLE: Final = words("service.whole")
_LEFT_BEFORE: Final = 3
_LEFT_AFTER: Final = 3
_FOR: Final = words("tasks.for")
_LASTING: Final = words("service.lasting")
"""What tells how long something takes or how long something is had, rather than when it has to be done."""
_TOOK: Final = frozenset({"took", "spent", "ran"})
_TELLERS: Final = frozenset({"we", "i", "they", "team", "he", "she", "it", "vendor", "interns", "colleagues"})
_NO_PAST: Final = frozenset({"need", "feed", "embed", "speed", "exceed", "proceed"})
_RUN_TIME: Final = "laufzeit"
"""How long a job runs, in hours and days; a contract runs for months."""


def read_deadline(doc: Doc, *, known: WorkloadSpec, now: datetime | None) -> Iterator[Mention]:
    """Read the time in which a job has to be done, in hours.

    known: the spec before the message, which tells that there is a job where the message does not. now: when the
    message was sent; days named are no deadlines without it.
    """
    job = _is_job(doc) or known.task_type in _JOBS or (known.task_type is None and bool(known.dataset_items))
    if now is not None and (_works_through(doc) or known.task_type in _JOBS):
        for hours, i, j in deadlines(doc, now):
            if not negated(doc, i, j):
                yield Mention("deadline_hours", hours, i, j)
    for number in list(doc.free_numbers()) if doc.speaks_of("time") else ():
        unit = _unit_of(doc, number)
        if unit is None or unit.id in ("ms", "s", "y") or number.value <= 0 or (unit.id == "min" and not job):
            continue
        per = doc.near(number.i, unit.j, "per", before=0, after=0)
        if per is not None and per.id != "total" and unit.id != "h":
            continue
        against = negated(doc, number.i, number.j) and not _bounds(doc, number)
        if against or _measures_something_else(doc, number, unit):
            continue
        anew = known.deadline_hours is not None  # "5 days would be better", "30 days then"
        anew = anew and (bool(doc.all("correction")) or is_granted(doc, number.i, unit.j))
        if anew or _deadline_cue(doc, number, unit, job=job):
            doc.claim(number)
            yield Mention(
                "deadline_hours", round(number.value * float(unit.facts["seconds"]) / 3600, 4), number.i, unit.j
            )
    polite = {k for m in doc.all("say") for k in range(m.i, m.j)}
    for match in doc.all("deadline_word"):
        if (polite and _is_farewell(doc, match, polite)) or _is_paid_for(doc, match):
            continue
        near = doc.near(match.i, match.j, "cue", "deadline", before=6, after=3)
        if (near or job or _works_through(doc)) and not negated(doc, match.i, match.j):
            yield Mention("deadline_hours", float(match.facts["hours"]), match.i, match.j, implied=True)


def _is_paid_for(doc: Doc, match: Match) -> bool:
    """Say whether it reads "2,000 USD a month at most": what is bounded is the price, and the time is what it pays."""
    end = match.i - (match.i > 0 and doc.tokens[match.i - 1].is_number)  # "$2,000 a month at most"
    return doc.ending(end, "currency") is not None


def _is_farewell(doc: Doc, match: Match, polite: Set[int]) -> bool:
    """Say whether it reads "thanks, até amanhã": see you tomorrow. polite: the tokens of greetings and thanks."""
    rest = (k for k in doc.sentence_span(match.i) if not match.i <= k < match.j and doc.text(k).isalpha())
    return all(k in polite for k in rest)


def _measures_something_else(doc: Doc, number: Number, unit: Match) -> bool:
    first = number.i
    while first > max(0, number.i - 3):
        cue = doc.ending(first, "cue", "deadline")
        if cue is not None and doc.at(cue.i, "window") and doc.text(cue.i - 1) in _NOT_DEADLINE:
            return True  # "a maintenance window of 4 hours"
        if doc.text(first - 1) in _IN or cue is not None:
            break  # what stands before "within" is not what the time measures: "the audio within 3 days"
        first -= 1
    around = [
        doc.text(k) for k in range(first, min(unit.j + 3, len(doc.tokens))) if doc.sentence[k] == doc.sentence[number.i]
    ]
    if any(w in _NOT_DEADLINE and not (w == _RUN_TIME and unit.id in ("h", "d")) for w in around):
        return True
    following = doc.text(unit.j)
    purpose = following == "per" and doc.language == "it"  # "3 giorni per addestrare"
    if following in _OF_WORDS and not purpose and doc.text(unit.j + 1) not in _TIME_LEFT:
        return True
    apart = foretold(doc)
    if apart is not None and doc.clause[apart.i] == doc.clause[number.i] and not _is_job(doc):
        return True  # "who comes back within 30 days?"
    per = doc.at(unit.j, "per")
    return (
        doc.at(unit.j, "items") is not None
        or (per is not None and per.id != "total")  # "48 hours for the whole job" come once
        or doc.at(unit.j, "cue", "data") is not None
    )


def _deadline_cue(doc: Doc, number: Number, unit: Match, *, job: bool) -> bool:
    cue = doc.near(number.i, unit.j, "cue", "deadline", before=8, after=4)
    if cue is not None:
        between = range(cue.j, number.i)
        said_anew = doc.text(number.i - 1) in _SAY or any(
            doc.at(k, "dispute") or doc.at(k, "correction") or doc.text(k) in _NOW for k in between
        )
        return said_anew or not any(doc.at(k, "time") for k in between)
    if doc.at(unit.j, "positive") is not None and unit.id in ("d", "w", "h"):
        return True
    bound = doc.near(number.i, unit.j, "bound", "upper", before=3, after=2)
    directly = doc.text(number.i - 1) in _IN or doc.text(number.i - 2) in _IN
    sized = doc.all("items") or doc.all("bytes")
    if unit.id in ("d", "w") and (job or sized) and _alone_in_clause(doc, number.i - directly, unit.j):
        return True
    if unit.id in _LONG and (job or _works_through(doc)) and _has_time(doc, number, unit, job=job or bool(sized)):
        return True
    if _is_job(doc) and _is_time_for_a_job(doc, number, unit):
        return True
    return (
        (bound is not None or (directly and not _is_told(doc, number)))
        and (job or (bound is not None and bool(sized)) or (unit.id in _LONG and _asks_work(doc)))
        and doc.near(number.i, unit.j, "cue", "latency", before=6, after=6) is None
    )


def _has_time(doc: Doc, number: Number, unit: Match, *, job: bool) -> bool:
    """Say whether it reads "we have five days for it", "4 days left", and not "we have been at it for 5 days".

    job: there is a job or data to work through, so that having time is having it for that.
    """
    if doc.near(number.i, unit.j, "having", "left", before=_LEFT_BEFORE, after=_LEFT_AFTER) is not None:
        return True
    has = doc.near(number.i, unit.j, "having", "any", before=8, after=0)
    return job and has is not None and not (doc.text(has.j).endswith("ed") or doc.text(has.j) in _DONE)


def _bounds(doc: Doc, number: Number) -> bool:
    """Say whether it reads "noch zehn Tage", "must not run longer than 30 hours": what is denied is more than that."""
    still = doc.text(number.i - 1) == "noch" and "weder" not in doc.spoken
    return still or doc.ending(number.i, "bound", "upper") is not None


def _is_time_for_a_job(doc: Doc, number: Number, unit: Match) -> bool:
    """Say whether hours, days or weeks in a message about a job are its time, as nothing else is said of them."""
    heard = unit.id == "h" and (doc.all("modality", "audio") or "speech" in domains_named(doc))
    spelt = unit.j - unit.i > 1 or len(doc.text(unit.i)) > 1 or unit.id == "h"  # a "3D" model lasts no three days
    some = number.written and number.value == 1  # "one day we might train"
    before = [doc.text(k) for k in doc.clause_span(number.i) if k < number.i]
    lasts = bool(before) and (before[-1] in _FOR or not _LASTING.isdisjoint(before))
    measures = unit.id in ("h", "d", "w") and spelt and not (heard or some)
    return measures and not lasts and not _is_told(doc, number)


def _unit_of(doc: Doc, number: Number) -> Match | None:
    """Return the unit of time after a number, or after an adjective: "10 full days"."""
    return time_at(doc, number.j) or (time_at(doc, number.j + 1) if doc.text(number.j) in _WHOLE else None)


def _asks_work(doc: Doc) -> bool:
    """Say whether it is work on data at hand that is asked for: "classify 2 million images in 5 hours"."""
    return _works_through(doc) and bool(doc.all("items") or doc.all("modality"))


def _is_told(doc: Doc, number: Number) -> bool:
    """Say whether a clause tells what was done or is done: "our team labelled 2 million images in 5 days"."""
    said = [doc.text(k) for k in doc.clause_span(number.i) if k < number.i]
    past = (verb.endswith("ed") and verb not in _NO_PAST and who in _TELLERS for who, verb in pairwise(said))
    return any(past) or not _TOOK.isdisjoint(said)


def _alone_in_clause(doc: Doc, i: int, j: int) -> bool:
    """Say whether a clause holds nothing else, as in "spot fine, 4 days"."""
    before = i == 0 or doc.text(i - 1) in (",", "(", ";", ".", ":")
    return before and doc.text(j) in _CLAUSE_ENDS


def _works_through(doc: Doc) -> bool:
    """Say whether there is a job that ends: training, or work on data at hand."""
    trains = any(doc.all("action", a) for a in ("training", "fine_tuning", "batch_inference"))
    works = doc.numbers and doc.all("task") and not doc.all("action", "inference")
    return trains or bool(works or doc.all("items") or doc.all("bytes") or doc.all("once"))


def _is_job(doc: Doc) -> bool:
    return any(doc.all("action", a) for a in ("training", "fine_tuning", "batch_inference")) or bool(
        doc.all("gpu") or doc.all("once")
    )
