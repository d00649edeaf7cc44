"""How the workload is used: requests at once and per second, tokens per second."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.mention import Mention
from services.orchestrator.domain.understanding.model_facts import domains_named
from services.orchestrator.domain.understanding.numbers import Number
from services.orchestrator.domain.understanding.past import rejected_as_past
from services.orchestrator.domain.understanding.polarity import negated
from services.orchestrator.domain.understanding.sources import sources_of

_NOTHING: Final = WorkloadSpec()
_LONE_LETTERS: Final = words("service.lone_letters")
_TOKEN_WORDS: Final = words("service.token_words")
_NO_NOUN: Final = words("service.no_noun")

_RATE_WORDS = frozenset({"rps", "qps", "tps", "rpm", "qpm", "rpd"})
_RATE_SECONDS = {"rps": 1.0, "qps": 1.0, "tps": 1.0, "rpm": 60.0, "qpm": 60.0, "rpd": 86400.0}
_FRAME_RATE: Final = "fps"
"""Of one video the rate it plays at; of many cameras each, what comes in."""
_DAY = 86_400.0
_LEAST_RATE = 0.5
_PERIODS = ("second", "minute", "hour", "day")
_OF: Final = words("service.of")
_NOT_REQUESTS: Final = words("service.not_requests")
_BEFORE_PARALLEL: Final = words("service.before_parallel")
_AVERAGE: Final = words("service.average")
_PEAK: Final = words("service.peak")
_JOINS: Final = frozenset({"and", ",", ";", "und", "et", "y", "e", "en", "i", "и"})
"""What parts one load from the next."""
_LINES: Final = words("service.lines")
_SITTING: Final = words("service.sitting")


def read_rates(doc: Doc) -> Iterator[Mention]:
    """Read requests, transactions and tokens per time; all become per second."""
    if not doc.speaks_of("per") and doc.spoken.isdisjoint(_RATE_WORDS | {_FRAME_RATE}):
        return
    for number in list(doc.free_numbers()):
        value = number.value * 1e9 if number.billions else number.value
        if value <= 0:
            continue
        word = doc.text(number.j)
        if word == _FRAME_RATE and (sources := sources_of(doc, number, number.j + 1)) > 1:
            doc.claim(number)
            yield Mention("requests_per_second", value * sources, number.i, number.j + 1)
            continue
        unit = _unit_before(doc, number)
        if unit is not None:
            doc.claim(number)
            if not rejected_as_past(doc, number.i):
                tokens = doc.text(unit) == "tps" and _speaks_of_tokens(doc, number)
                field = "tokens_per_second" if tokens else "requests_per_second"
                yield Mention(field, value / _RATE_SECONDS[doc.text(unit)], unit, number.j)
            continue
        if word in _RATE_WORDS:
            tokens = word == "tps" and _speaks_of_tokens(doc, number)
            doc.claim(number)
            if not rejected_as_past(doc, number.i) and not _beside_peak(doc, number):
                field = "tokens_per_second" if tokens else "requests_per_second"
                yield Mention(field, value / _RATE_SECONDS[word], number.i, number.j + 1)
            continue
        if word in _TOKEN_WORDS and doc.text(number.j + 1) in ("/", "per") and doc.at(number.j + 1, "per", "second"):
            doc.claim(number)
            field = "requests_per_second" if word.startswith("req") else "tokens_per_second"
            yield Mention(field, value, number.i, number.j + 2)
            continue
        rate = _rate(doc, number)
        if rate is None:
            continue
        field, seconds, end = rate
        if seconds >= _DAY and value / seconds < _LEAST_RATE:
            doc.claim(number)  # a few a day says how little there is to do, and is no rate to size for
            continue
        doc.claim(number)
        if rejected_as_past(doc, number.i) or negated(doc, number.i, number.j) or _beside_peak(doc, number):
            continue
        yield Mention(field, round(value * sources_of(doc, number, end) / seconds, 6), number.i, end)


def _unit_before(doc: Doc, number: Number) -> int | None:
    """Return the place of a unit that stands before its number: "rps 20", "qps: 500"."""
    k = number.i - 2 if doc.text(number.i - 1) in (":", "=", "~", "of", "is") else number.i - 1
    counts = k > 0 and doc.tokens[k - 1].is_number
    return k if k >= 0 and doc.text(k) in _RATE_WORDS and not counts else None


def _beside_peak(doc: Doc, number: Number) -> bool:
    """Say whether the number is the average of a load whose peak, which is what counts, is said as well."""
    begin = number.i
    while begin > max(0, number.i - 3) and doc.text(begin - 1) not in _JOINS:
        begin -= 1
    around = range(begin, min(number.j + 6, len(doc.tokens)))
    average = any(doc.text(k) in _AVERAGE for k in around if doc.clause[k] == doc.clause[number.i])
    return average and not doc.spoken.isdisjoint(_PEAK)


def _speaks_of_tokens(doc: Doc, number: Number) -> bool:
    if doc.near(number.i, number.j, "cue", "tokens", before=8, after=8) is not None:
        return True
    llm = "llm" in domains_named(doc) or bool(doc.all("task", "text-generation"))
    return llm and doc.spoken.isdisjoint(("transactions", "transaction", "fraud", "payments"))


def _rate(doc: Doc, number: Number) -> tuple[str, float, int] | None:
    """Return field, seconds of the period and end for "20 Anfragen pro Sekunde", "每秒 50 个请求"."""
    noun = _noun_after(doc, number.j)
    bare = doc.at(number.j, "per", "second") or doc.at(number.j, "per", "minute")
    if noun is None and bare is not None and not doc.ending(number.i, "currency"):
        return "requests_per_second", float(bare.facts["seconds"]), bare.j
    if noun is not None:
        field, j = noun
        for k in range(j, min(j + 5, len(doc.tokens))):
            match = doc.at(k, "per")
            if match is not None:
                return (field, float(match.facts["seconds"]), match.j) if match.id in _PERIODS else None
            if doc.text(k) in (",", ".", ";") or doc.tokens[k].is_number:
                break
        before = doc.ending(number.i, "per") or doc.ending(number.i - 1, "per")
        if before is not None and before.id in _PERIODS:
            return field, float(before.facts["seconds"]), j
    return None


def _noun_after(doc: Doc, j: int) -> tuple[str, int] | None:
    for k in range(j, min(j + 4, len(doc.tokens))):
        if not doc.silent(k):
            if match := doc.at(k, "cue", "tokens"):
                return "tokens_per_second", match.j
            if match := doc.at(k, "requests") or doc.at(k, "items"):
                return "requests_per_second", match.j
        if doc.tokens[k].is_number or doc.text(k) in _NO_NOUN or doc.any_at(k, ("time", "bytes", "currency")):
            return None
    return None


def read_concurrency(doc: Doc, *, known: WorkloadSpec = _NOTHING) -> Iterator[Mention]:
    """Read how many requests run at the same time; a head count alone is not that."""
    yield from _at_peak(doc)
    yield from _lines(doc, known)
    for cue in doc.all("cue", "concurrency"):
        if negated(doc, cue.i, cue.j) or doc.text(cue.j) in _NOT_REQUESTS or doc.text(cue.i - 1) in _BEFORE_PARALLEL:
            continue
        candidates = [
            (gap, n)
            for n in doc.numbers_near(cue.i, cue.j, reach=9)
            if n.value == int(n.value) and 1 <= n.value <= 10_000_000 and not n.billions
            and doc.sentence[n.i] == doc.sentence[cue.i]
            and (gap := (cue.i - n.j if n.j <= cue.i else n.i - cue.j)) <= 9
            and not _is_other_quantity(doc, n)
        ]  # fmt: skip
        if not candidates:
            continue
        _, number = min(
            candidates, key=lambda c: (doc.clause[c[1].i] != doc.clause[cue.i], c[0], c[1].i > cue.i, c[1].i)
        )
        number = next((n for _, n in candidates if _is_share_of(doc, n, number)), number)
        doc.claim(number)
        value = _share(doc, number, cue)
        if not rejected_as_past(doc, number.i) and value:
            yield Mention("concurrency", value, min(number.i, cue.i), max(number.j, cue.j))


def _share(doc: Doc, whole: Number, cue: Match) -> int:
    """Return the number itself, or the share of it that is at work at once: "3,000 employees, maybe 5% at once"."""
    percent = next(
        (
            n
            for n in doc.numbers_around(whole.j, cue.i, reach=0)
            if whole.j <= n.i < cue.i and doc.text(n.j) in ("%", "percent") and n.value < 100
        ),
        None,
    )
    return math.ceil(whole.value * percent.value / 100) if percent else int(whole.value)


def _lines(doc: Doc, known: WorkloadSpec) -> Iterator[Mention]:
    """Read "5 streams", "30 phone lines" of speech: what is heard or spoken at the same time."""
    of_speech = known.domain == "speech" or any(
        m.facts.get("domain") == "speech" for kind in ("family", "task") for m in doc.all_names(kind)
    )
    for number in list(doc.free_numbers()) if of_speech and not doc.spoken.isdisjoint(_LINES) else ():
        ends = (k for k in range(number.j, number.j + 3) if doc.text(k) in _LINES)
        end = next(ends, None)
        counts = end is not None and all(doc.text(k).isalpha() for k in range(number.j, end))
        if end is None or not counts or number.value != int(number.value) or number.billions or doc.at(end + 1, "per"):
            continue
        if negated(doc, number.i, end) or doc.near(number.i, end, "cue", "concurrency", before=9, after=9):
            continue
        doc.claim(number)
        yield Mention("concurrency", int(number.value), number.i, end + 1)


def _at_peak(doc: Doc) -> Iterator[Mention]:
    """Read "peak 70 sessions", "30 users at peak": not what comes in per second, but what is there at once."""
    for number in list(doc.free_numbers()) if not doc.spoken.isdisjoint(_PEAK) else ():
        noun = doc.at(number.j, "people") or (doc.at(number.j, "requests") if doc.text(number.j) in _SITTING else None)
        if noun is None or number.value != int(number.value) or number.billions:
            continue
        if doc.at(noun.j, "per") or doc.near(number.i, noun.j, "cue", "concurrency", before=9, after=9):
            continue
        beside = (*range(max(0, number.i - 3), number.i), *range(noun.j, min(noun.j + 3, len(doc.tokens))))
        if any(doc.text(k) in _PEAK - {"max"} and doc.clause[k] == doc.clause[number.i] for k in beside):
            doc.claim(number)
            yield Mention("concurrency", int(number.value), number.i, noun.j)


def _is_share_of(doc: Doc, part: Number, whole: Number) -> bool:
    """Say whether the numbers read "5 of the 70 people", where the first one counts."""
    between = [doc.text(k) for k in range(part.j, whole.i)]
    return 1 <= len(between) <= 3 and between[0] in _OF


def _is_other_quantity(doc: Doc, number: Number) -> bool:
    k = number.j
    unit = doc.at(k, "bytes") or doc.at(k, "time") or doc.at(k, "currency") or doc.at(k, "gpu") or doc.at(k, "per")
    if unit is not None and (unit.kind != "time" or len(doc.text(k)) > 1 or doc.tokens[k].glued):
        return not doc.at(k, "people")
    return doc.at(k, "cue", "gpu") is not None or doc.at(k, "cue", "tokens") is not None or doc.text(k) == "%"


def time_at(doc: Doc, j: int) -> Match | None:
    """Return the unit of time at token j or after a hyphen there."""
    k = j + 1 if doc.text(j) == "-" and doc.tokens[j].glued else j
    match = doc.at(k, "time")
    if match is None or k in doc.names:
        return None
    if doc.text(k) in _LONE_LETTERS and not doc.tokens[k].glued and doc.text(k) not in ("h", "ч", "s", "с"):
        return None if doc.language not in ("fr", "tr") else match
    return match
