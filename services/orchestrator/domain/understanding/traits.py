"""Wishes said by a phrase alone: spot, high availability, own hardware, licence, precision, compliance."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.failures import read_failures
from services.orchestrator.domain.understanding.lacking import unavailable
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.mention import Mention
from services.orchestrator.domain.understanding.past import rejected_as_past
from services.orchestrator.domain.understanding.polarity import negated

_LICENCES: Final = ("licen", "lizenz", "licenz", "лиценз")
_QUESTION_WORDS: Final = words("traits.question_words")
_WHETHER: Final = words("traits.whether")
_MATTERING: Final = words("traits.mattering")
_SOFTWARE_NOUNS: Final = words("traits.software_nouns")
_BIT_DEPTH_NOUNS: Final = words("traits.bit_depth_nouns")
_TOLERATING: Final = words("traits.tolerating")

_PRECISION = {"int5": "q5_k_m", "int6": "q6_k", "int3": "q3_k_m", "int2": "q2_k"}
_OWN: Final = words("traits.own")
_SHORTEST_PLURAL: Final = 3
_HENCE: Final = frozenset({"so", "hence", "therefore", "thus", "also", "donc", "quindi", "dus", "deshalb"})
_SPOT_DOES: Final = words("traits.spot_does")
_SPOT_BEFORE = words("traits.spot_before")
_SPOT_AFTER: Final = words("traits.spot_after")
_PRICED: Final = frozenset(
    {"instances", "instance", "capacity", "pricing", "gpus", "nodes", "vms", "machines", "rates"}
)
_MISSING: Final = frozenset({"missing", "lacking", "lack", "lacks", "absent", "lacked"})
_SHORT_CLAUSE: Final = 6
_ENGLISH: Final = frozenset({"no", "not", "nothing", "without"})
_DENYING: Final = _ENGLISH | words("traits.denying")
_AFTER_CLOUD: Final = words("polarity.joining") | words("numbers.range_and") | words("traits.after_cloud")
_QUESTION = re.compile(r"\?")
_NEXT_SENTENCE: Final = 10
"""How far beyond its sentence the use of one's own GPUs may be said."""
_UNDECIDED: Final = words("traits.undecided")
_UNDECIDED_REACH: Final = 4
_SENSORS: Final = words("traits.sensors")
_MACHINES: Final = words("traits.machines")
_IS: Final = frozenset({"is", "are", "sits", "sit"})
_IS_REACH: Final = 3
_BESIDE: Final = 12


def read_traits(doc: Doc, folded: str) -> Iterator[Mention]:
    """Read spot_ok, high_availability, prefers_local_cluster, license, precision and compliance."""
    yield from _spot(doc)
    yield from _availability(doc)
    yield from read_failures(doc)
    yield from _local(doc)
    yield from _license(doc)
    yield from _precision(doc, folded)
    for match in doc.all("compliance"):
        if _asks_whether_it_matters(doc, match):
            continue
        against = negated(doc, match.i, match.j) or _assumed_not(doc, match)
        yield Mention("compliance", match.id, match.i, match.j, negated=against)


def _asks_whether_it_matters(doc: Doc, match: Match) -> bool:
    """Say whether it reads "does SOC 2 matter for a hobby project?"."""
    sentence = doc.sentence_span(match.i)
    asks = doc.text(sentence[0]) in _WHETHER and doc.text(sentence[-1]) == "?"
    return asks and any(doc.text(k) in _MATTERING for k in sentence)


def _assumed_not(doc: Doc, match: Match) -> bool:
    return (
        any(doc.text(k) in ("assume", "irrelevant", "exempt") for k in range(max(0, match.i - 3), match.i))
        and doc.near(match.i, match.j, "negation", before=6, after=0) is not None
    )


def _spot(doc: Doc) -> Iterator[Mention]:
    for match in doc.all("spot", "on_demand"):
        yield Mention("spot_ok", False, match.i, match.j)
        if doc.text(match.i - 1) in _HENCE:
            return  # "preemptibles burned us once, so regular machines only"
    for match in doc.all("demand"):
        if _is_a_term(doc, match) and not negated(doc, match.i, match.j):
            yield Mention("spot_ok", False, match.i, match.j)
    asked = {doc.sentence[m.i] for m in doc.all("policy", "ask")}
    compared = {doc.sentence[m.i] for m in doc.all("demand") if doc.text(doc.sentence_span(m.i)[-1]) == "?"}
    on_demand = {k for m in doc.all("spot", "on_demand") for k in range(m.i, m.j)}
    for match in doc.all("spot", "any"):
        if match.i in on_demand or doc.sentence[match.i] in asked | compared:
            continue  # "I could live with spot, but check with me first", "is spot or on-demand cheaper?"
        before, after = doc.text(match.i - 1), doc.text(match.j)
        word = doc.text(match.i)
        if (
            match.j - match.i == 1
            and word == "spot"
            and (before in _SPOT_BEFORE - {"on", "the"} or after in _SPOT_AFTER or _is_verb(doc, match))
        ):
            continue
        against = negated(doc, match.i, match.j)
        if word.startswith(("interruption", "unterbrechung", "interrupted", "preemption")):
            tolerated = any(
                doc.text(k) in _TOLERATING for k in range(max(0, match.i - 6), min(match.j + 4, len(doc.tokens)))
            )
            if not tolerated and not against:
                continue
            hard = any(
                doc.text(k) in ("can't", "cannot", "no", "not", "must") for k in range(max(0, match.i - 5), match.i)
            ) and "mind" not in {doc.text(k) for k in range(max(0, match.i - 5), match.i)}
            yield Mention("spot_ok", not (hard or against), match.i, match.j)
            continue
        yield Mention("spot_ok", not against, match.i, match.j)


def _is_verb(doc: Doc, match: Match) -> bool:
    """Say whether it reads "spot cars on bike lanes": at the start of a sentence, before things in the plural."""
    starts = match.i == doc.sentence_span(match.i).start and doc.language == "en"
    after = doc.text(match.j)
    plural = after.endswith("s") and after not in _SPOT_DOES and len(after) > _SHORTEST_PLURAL
    return starts and plural and doc.at(match.j, "cue") is None


def _is_a_term(doc: Doc, match: Match) -> bool:
    """Say whether on-demand is how machines are paid for: in a clause of its own, or before what is priced so."""
    clause, sentence = doc.clause_span(match.i), doc.sentence_span(match.i)
    alone = len(doc.tokens) > len(clause) <= _SHORT_CLAUSE and all(
        match.i <= k < match.j or not doc.text(k).isalpha() for k in clause
    )
    spots = doc.between("spot", sentence.start, sentence.stop, "any")
    rivals = [m for m in spots if m.i > match.i or not doc.between("correction", m.j, match.i)]
    machine = doc.all_names("gpu") or doc.all("cue", "gpu") or spots
    return (alone or doc.text(match.j) in _PRICED) and bool(machine) and not rivals


def _availability(doc: Doc) -> Iterator[Mention]:
    for match in doc.all("ha"):
        if doc.text(match.i - 1) in ("what", "happens"):
            continue  # "what if a node dies?"
        against = negated(doc, match.i, match.j)
        yield Mention("high_availability", not against, match.i, match.j)


def _local(doc: Doc) -> Iterator[Mention]:
    wanted = False
    for match in doc.all("local"):
        against = not _denies_cloud(doc, match) and negated(doc, match.i, match.j)
        if not against and (rejected_as_past(doc, match.i) or unavailable(doc, match.i)):
            continue  # "we have no GPUs of our own"
        if doc.text(match.j - 1) == "side" and _speaks_of_lack(doc, match):
            continue  # "missing on our side: a model registry"
        if _refuses_none(doc, match) or _elsewhere(doc, match):
            continue
        wanted |= not against
        yield Mention("prefers_local_cluster", not against, match.i, match.j)
    for match in doc.all_names("gpu"):
        if _is_owned(doc, match):
            wanted = True
            yield Mention("prefers_local_cluster", True, match.i, match.j, implied=True)
        own = {doc.text(match.i - 1), doc.text(match.i - 2)} & _OWN
        if (
            own
            and not {doc.text(match.i - 2), doc.text(match.i - 3)} & {"its", "their"}
            and not rejected_as_past(doc, match.i)
        ):
            yield Mention("prefers_local_cluster", True, match.i - 1, match.j)
    inside = {k for m in doc.all("local") for k in range(m.i, m.j)}
    for match in doc.all("cloud"):
        if wanted and match.i not in inside and not negated(doc, match.i, match.j):
            yield Mention("prefers_local_cluster", None, match.i, match.j)


def _speaks_of_lack(doc: Doc, match: Match) -> bool:
    clause = doc.clause_span(match.i)
    return doc.any_word(_MISSING, clause.start, clause.stop)


def _refuses_none(doc: Doc, match: Match) -> bool:
    """Say whether the words for no cloud refuse none, or one kind: "no cloud yet", "keine Cloud aus den USA"."""
    if not _denies_cloud(doc, match):
        return False
    following = doc.text(match.j)
    goes_on = following == "-" or (following.isalpha() and following not in _AFTER_CLOUD)
    if goes_on and doc.text(match.i) not in _ENGLISH:
        return True
    beside = range(match.i - 1, min(match.j + _UNDECIDED_REACH, doc.sentence_span(match.i).stop))
    return any(doc.text(k) in _UNDECIDED or (doc.text(k), doc.text(k + 1)) == ("so", "far") for k in beside)


def _denies_cloud(doc: Doc, match: Match) -> bool:
    """Say whether the words for one's own hardware are a refusal of the cloud."""
    return doc.text(match.i) in _DENYING


def _elsewhere(doc: Doc, match: Match) -> bool:
    """Say whether the place is where sensors hang, or what is in the machine is asked: no wish to compute there."""
    sentence = doc.sentence_span(match.i)
    beside = [
        k for k in range(match.i - _BESIDE, match.j + _BESIDE) if k in sentence and doc.clause[k] == doc.clause[match.i]
    ]
    computes = any(doc.text(k) in _MACHINES for k in beside) or doc.any_between("gpu", beside[0], beside[-1])
    if not computes and any(doc.text(k) in _SENSORS for k in beside):
        return True
    asked = doc.text(sentence.start) in _QUESTION_WORDS and doc.text(sentence[-1]) == "?"
    return asked and any(doc.text(k) in _IS for k in range(match.i - _IS_REACH, match.i))


def _is_owned(doc: Doc, gpu: Match) -> bool:
    """Say whether the user has the GPUs and wants to use them: "we have two A100 servers, let's use them"."""
    sentence = doc.sentence_span(gpu.i)
    has = doc.any_between("owning", sentence.start, sentence.stop)
    uses = has and doc.any_between("owned_use", sentence.start, sentence.stop + _NEXT_SENTENCE)
    if not uses or doc.any_between("provider", sentence.start, sentence.stop) or _rents(doc, gpu) or doc.all("desk"):
        return False
    return not rejected_as_past(doc, gpu.i) and not negated(doc, gpu.i, gpu.j)


def _rents(doc: Doc, gpu: Match) -> bool:
    """Say whether machines are to be rented, and that is not taken back before the GPU is named."""
    return any(m.i > gpu.i or not doc.between("correction", m.j, gpu.i) for m in doc.all("rent"))


def _license(doc: Doc) -> Iterator[Mention]:
    found: list[Match] = []
    for match in doc.all("license"):
        if _asks(doc, match) or _of_software(doc, match):
            continue
        against = negated(doc, match.i, match.j)
        if match.id == "sold":
            if _of_licences(doc, match) and not against:
                found.append(match._replace(id="commercial_ok"))
            continue
        if match.id == "non_commercial":
            if against:  # "no non-commercial licences"
                found.append(match._replace(id="commercial_ok"))
            continue
        if against:
            continue
        found.append(match)
    general = ("commercial_ok", "open_source")
    specific = any(m.id not in general for m in found)
    for match in found:
        if (
            match.id == "mit"
            and match.j - match.i == 1
            and doc.words(match.i, match.j) == "MIT"
            and doc.text(match.i - 1) in ("at", "from", "the")
        ):
            continue
        if match.id not in general or not specific:
            yield Mention("license", match.id, match.i, match.j)


def _of_licences(doc: Doc, match: Match) -> bool:
    """Say whether the sentence around a match speaks of licences."""
    return any(doc.text(k).startswith(_LICENCES) for k in doc.sentence_span(match.i))


def _asks(doc: Doc, match: Match) -> bool:
    """Say whether the sentence is a question about a licence rather than a wish."""
    sentence = doc.sentence_span(match.i)
    first, last = sentence[0], sentence[-1]
    starts = doc.text(first) in _QUESTION_WORDS
    return doc.text(last) == "?" and (starts or last - first < 9)


def _of_software(doc: Doc, match: Match) -> bool:
    if match.id != "open_source":
        return False
    following = {doc.text(k) for k in range(match.j, match.j + 3)}
    return bool(following & _SOFTWARE_NOUNS)


def _precision(doc: Doc, folded: str) -> Iterator[Mention]:
    for match in doc.all("precision"):
        if _other_bits(doc, match):
            continue
        yield Mention(
            "precision", _PRECISION.get(match.id, match.id), match.i, match.j, negated=negated(doc, match.i, match.j)
        )


def _other_bits(doc: Doc, match: Match) -> bool:
    following = {doc.text(match.j), doc.text(match.j + 1)}
    media = any(doc.near(match.i, match.j, "modality", kind, before=6, after=0) for kind in ("image", "audio", "video"))
    if "bit" in doc.words(match.i, match.j).lower() and media and not doc.all_names("family"):
        return True  # "images are 4096x4096, 16 bit"
    if "bit" in doc.words(match.i, match.j).lower() and following & _BIT_DEPTH_NOUNS:
        return True
    return bool(following & {"optimizer", "adam", "adamw", "optimiser"})
