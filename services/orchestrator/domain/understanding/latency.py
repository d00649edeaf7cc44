"""Bounds on the response time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.granted import is_granted
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.mention import Mention
from services.orchestrator.domain.understanding.numbers import Number
from services.orchestrator.domain.understanding.past import rejected_as_past
from services.orchestrator.domain.understanding.polarity import negated
from services.orchestrator.domain.understanding.service import time_at

_PERCENTILES: Final = ("50", "90", "95", "99", "99.9")
_PER: Final = words("service.each")
_AUDIO_WORDS: Final = words("service.audio_words")


def read_latency(doc: Doc, *, known: WorkloadSpec) -> Iterator[Mention]:
    """Read bounds on the response time, in milliseconds. known: the spec before the message."""
    for match in doc.all("latency_word"):
        if not negated(doc, match.i, match.j):
            yield Mention("latency_ms_p95", float(match.facts["ms"]), match.i, match.j)
    found: list[tuple[str, Mention]] = []
    for number in list(doc.free_numbers()) if doc.speaks_of("time") else ():
        unit = time_at(doc, number.j)
        if unit is None or unit.id not in ("ms", "s", "min"):
            continue
        cue = doc.near(number.i, unit.j, "cue", "latency", before=9, after=6)
        upper = doc.near(number.i, unit.j, "bound", "upper", before=3, after=1)
        if unit.id == "ms":
            if cue is None and upper is None and doc.text(unit.j) in _AUDIO_WORDS:
                continue
        elif (
            not (found and _put_right(doc, number.i, unit.j))
            and not _is_new(doc, number, unit, known)
            and (
                (cue is None and not (upper is not None and _per_item(doc, upper, unit.j)))
                or (cue is not None and not _same_thought(doc, cue, number))
                or (unit.id == "s" and doc.at(unit.j, "items") is not None)
            )
        ):
            continue
        doc.claim(number)
        if rejected_as_past(doc, number.i):
            continue
        value = number.value * float(unit.facts["seconds"]) * 1000
        found.append((_percentile(doc, number.i, unit.j), Mention("latency_ms_p95", value, number.i, unit.j)))
    others = {p for p, _ in found} - {"95", ""} if any(p == "95" for p, _ in found) else set()
    yield from (m for percentile, m in found if percentile not in others)


def _is_new(doc: Doc, number: Number, unit: Match, known: WorkloadSpec) -> bool:
    return known.latency_ms_p95 is not None and unit.id == "s" and is_granted(doc, number.i, unit.j)  # "now it's 5 s"


def _put_right(doc: Doc, i: int, j: int) -> bool:
    """Say whether tokens [i, j) correct a time told before: "p95 of 2 s. Scratch that, 1.2 s is enough"."""
    k = i - 1 if doc.text(i - 1) == "," else i
    return doc.ending(k, "correction") is not None and doc.text(j) in ("", ".", "!", ",", "is", "please")


def _percentile(doc: Doc, i: int, j: int) -> str:
    """Return the percentile that a time is meant for: "p95 800 ms", "1.5 s (p99)"; empty where none is said."""
    before = (k for k in range(i - 1, max(-1, i - 6), -1) if doc.clause[k] == doc.clause[i])
    after = (k for k in range(j, min(j + 4, len(doc.tokens))) if doc.sentence[k] == doc.sentence[i])
    return next((doc.text(k) for k in (*before, *after) if doc.text(k).rstrip(".") in _PERCENTILES), "")


def _per_item(doc: Doc, upper: Match, j: int) -> bool:
    """Say whether a time is meant for each piece of work: "at most 20 seconds per clip", "each in under 5 s"."""
    if doc.text(upper.i - 1 - (doc.text(upper.i - 1) == "in")) == "each":
        return True
    return doc.text(j) in _PER and doc.text(j + 1).isalpha() and not (doc.at(j + 1, "time") or doc.at(j, "per"))


def _same_thought(doc: Doc, cue: Match, number: Number) -> bool:
    span = range(min(cue.j, number.j), max(cue.i, number.i))
    return not any(
        doc.tokens[k].is_number and k not in range(number.i, number.j) and doc.text(k - 1) != "p" for k in span
    )
