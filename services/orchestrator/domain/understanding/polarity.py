"""Whether the user speaks for or against a thing: negation before and after, its reach, and where it ends."""

from __future__ import annotations

from typing import Final

from services.orchestrator.domain.understanding.denial import (
    NOES,
    answered_no,
    explains_refused,
    hopeless,
    likened,
)
from services.orchestrator.domain.understanding.doc import LONGEST_CUE, Doc, once
from services.orchestrator.domain.understanding.excepting import excepted
from services.orchestrator.domain.understanding.fate import is_kept
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.predicate import ANSWERS_NO, said_behind
from services.orchestrator.domain.understanding.strands import SMALL
from services.orchestrator.domain.understanding.ticked import box, verdict

_REACH = 8
_NO_NEGATION = frozenset({("dont", "fr"), ("no", "pt"), ("ни", "bg"), ("ni", "sw"), ("no", "vi"), ("no", "fi")})
"""Words that deny in one language and are a preposition in another: no, in the."""
_REFUSING: Final = ANSWERS_NO | NOES | {"out", "off"}
_REPLACED_BY = words("polarity.replaced_by")
_JOINING: Final = words("polarity.joining")
_OUT_VERBS: Final = frozenset({"keep", "kick", "throw", "take", "toss", "chuck", "rip", "leave"})
_BESIDE: Final = frozenset({"scratch", "strike"})
"""Words that refuse only what stands right behind them."""
_THAN: Final = words("polarity.than")
_PREFERRED: Final = words("polarity.preferred")
_POLITE: Final = words("polarity.polite")
_PREFERRED_REACH: Final = 8
_DOES_NOT: Final = frozenset({"doesn't", "doesnt", "don't", "dont"})


def negated(doc: Doc, i: int, j: int) -> bool:
    """Say whether tokens [i, j) stand under a negation, which several grammars ask of the same words."""
    known = _denied(doc)
    said = known.get((i, j))
    if said is None:
        said = known[i, j] = _is_negated(doc, i, j)
    return said


@once
def _denied(doc: Doc) -> dict[tuple[int, int], bool]:
    """Return what has been found out of tokens [i, j); names and numbers are known by the time that it is asked."""
    return {}


def _is_negated(doc: Doc, i: int, j: int) -> bool:
    if ticked := box(doc, i) or verdict(doc, j) or (doc.text(j).isalpha() and verdict(doc, j + 1)):
        return ticked == "no"
    again = doc.ending(i, "negation", "after")
    if again is not None and doc.text(again.j - 1) == "again":
        return True  # "never again Vast"
    if is_kept(doc, i):
        return False
    if (left_out := excepted(doc, i)) is not None:
        return left_out
    if _prefers(doc) and _outranked(doc, i):
        return True
    if not _refuses(doc):
        return False
    if hopeless(doc, i, j):
        return False
    kept_out = doc.text(j) in ("out", "off") and any(doc.text(k) in _OUT_VERBS for k in range(max(0, i - 4), i))
    beside = kept_out or _before(doc, i, j) or _after(doc, i, j) or _taken_back(doc, j)
    if beside or answered_no(doc, i) or explains_refused(doc, i):
        return True
    other = likened(doc, i)
    return other is not None and negated(doc, other, _name_at(doc, other))


@once
def _prefers(doc: Doc) -> bool:
    """Say whether any word of the message may prefer something to another."""
    return not doc.spoken.isdisjoint(_PREFERRED) or {"over", "day"} <= doc.spoken


@once
def _refuses(doc: Doc) -> bool:
    """Say whether any word of the message may refuse something."""
    cues = any(doc.all_names(kind) for kind in ("negation", "denial", "taken_back"))
    return cues or not doc.spoken.isdisjoint(_REFUSING)


def _outranked(doc: Doc, i: int) -> bool:
    """Say whether something else is preferred to token i: "rather in Austria than in Germany"."""
    than = next((k for k in range(i - 1, max(-1, i - 4), -1) if doc.text(k) in _THAN), None)
    if than is None or doc.clause[than] != doc.clause[i]:
        return False
    before = range(max(doc.clause_span(i).start, than - _PREFERRED_REACH), than)
    if doc.text(than) == "over" and any((doc.text(k), doc.text(k + 1)) == ("any", "day") for k in range(i, i + 6)):
        return any(_name_at(doc, k) for k in before)  # "two H200 over eight A100 any day"
    return any(doc.text(k) in _PREFERRED for k in before) and any(_name_at(doc, k) for k in before)


def _taken_back(doc: Doc, j: int) -> bool:
    """Say whether a thing is asked about and then left out: "knative? not sure, leave it out"."""
    if doc.text(j) != "?" or j + 1 >= len(doc.tokens):
        return False
    answer = doc.sentence_span(j + 1)
    return any(doc.at(k, "taken_back") is not None for k in answer)


def replaced(doc: Doc, i: int, j: int) -> bool:
    """Say whether tokens [i, j) are what something else replaces or is preferred to: "Milvus instead of Pinecone"."""
    if _outranked(doc, i):
        return True
    cue = doc.near(i, j, "negation", "replaced", before=3, after=0)
    return cue is not None and cue.j <= i


def _before(doc: Doc, i: int, j: int) -> bool:
    start = max(0, i - _REACH)
    if not doc.any_between("negation", start - LONGEST_CUE, i):
        return False
    for k in range(i - 1, start - 1, -1):
        if doc.sentence[k] != doc.sentence[i]:
            return False
        cue = doc.ending(k + 1, "negation", "before") or doc.ending(k + 1, "negation", "replaced")
        if cue is not None and (doc.text(cue.i), doc.language) in _NO_NEGATION and cue.j - cue.i == 1:
            continue
        if cue is not None and doc.text(cue.i) in _BESIDE and cue.j != i:
            continue  # "scratch detection with YOLO"
        if cue is not None and doc.text(cue.j - 2) == "done" and not list_between(doc, cue.j, i):
            continue  # "we are done with the tests of Milvus"
        if cue is not None and doc.language == "ja":
            return False  # there, what is refused stands before
        if cue is not None:
            if doc.text(cue.j) == "," and doc.text(cue.i) in ANSWERS_NO:
                return False  # "no, AWS": that refuses what was said before
            if cue.id == "replaced" and any(doc.text(n) in _REPLACED_BY for n in range(cue.j, i)):
                return False
            if goes_on_to(doc, cue, i):
                return False
            if doc.at(cue.j, "family") is not None and cue.j != i and not list_between(doc, cue.j, i):
                return False
            if doc.any_between("currency", cue.j, i) or doc.any_between("per", cue.j, i):
                return False  # "we won't pay 3000 euros a month for Whisper": that refuses the price
            return _reaches(doc, cue.j, i, j)
        if doc.ending(k + 1, "contrast") is not None:
            return False
    return False


def turned_down(doc: Doc, i: int) -> bool:
    """Say whether a denial stands right before the name at token i, as the user's own: "no H100s, too dear"."""
    while doc.text(i - 1) in SMALL:
        i -= 1
    return doc.ending(i, "negation", "before") is not None


def goes_on_to(doc: Doc, cue: Match, i: int) -> bool:
    """Say whether token i is where one goes from what a cue names: "migrate from SageMaker to our own cluster"."""
    leaves = doc.text(cue.j - 1) in ("from", "off", "of")
    return leaves and any(doc.text(k) in ("to", "onto", "into") for k in range(cue.j, i))


def _reaches(doc: Doc, start: int, i: int, j: int) -> bool:
    """Say whether a negation that ends at start still holds at i: within its clause, or on in a list joined by "or"."""
    if not any(doc.text(k) in (",", ":", "(") for k in range(start, i)):
        return not (other_names(doc, start, i) and _positive_after(doc, j))
    if not list_between(doc, start, i) or _positive_after(doc, j):
        return False
    return any(doc.text(k) in _JOINING for k in range(start, i)) or _joined_later(doc, j)


def _joined_later(doc: Doc, j: int) -> bool:
    k = j
    while k < len(doc.tokens) and (doc.text(k) == "," or _name_at(doc, k)):
        name = _name_at(doc, k)
        k = name if name else k + 1
    return doc.text(k) in _JOINING and _name_at(doc, k + 1) > 0


def _name_at(doc: Doc, k: int) -> int:
    return doc.name_ends.get(k, 0)


def other_names(doc: Doc, start: int, i: int) -> bool:
    return any(_name_at(doc, k) for k in range(start, i))


def list_between(doc: Doc, start: int, end: int) -> bool:
    """Say whether only names and what joins them stands between."""
    k = start
    while k < end:
        name = _name_at(doc, k)
        if name:
            k = name
        elif doc.text(k) in _JOINING or doc.text(k) in (",", "the", "a", "any", "-"):
            k += 1
        else:
            return False
    return True


def _positive_after(doc: Doc, j: int) -> bool:
    places = (j,) if doc.text(j) == "," and doc.text(j + 1) in _POLITE else (j, j + 1)  # "no AWS or GCP, please"
    return any(doc.at(k, "positive") is not None for k in places) and doc.at(j, "negation", "after") is None


def _after(doc: Doc, i: int, j: int) -> bool:
    """Say whether what stands behind a thing refuses it."""
    said = said_behind(doc, i, j)
    if said != "likewise":
        return said == "refused"
    before = [k for k in range(doc.sentence_span(i).start, i) if k in doc.name_ends]
    if before and doc.text(j) in _DOES_NOT and any(doc.text(k).endswith("ed") for k in range(before[-1], i)):
        return False  # "Prefect confused the whole team, Airflow doesn't": what the one did the other does not
    return not (before and negated(doc, before[-1], _name_at(doc, before[-1])))  # "AWS is out, Azure isn't"
