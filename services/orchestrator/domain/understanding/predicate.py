"""What is said behind a thing: "HIPAA isn't in scope", "Kafka we have no use for", "Argo CD yes, Jenkins no"."""

from __future__ import annotations

from bisect import bisect_left
from typing import Final, Literal

from services.orchestrator.domain.understanding.doc import Doc, once
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.ticked import CLAUSE_ENDS

_REACH: Final = 80
ANSWERS_NO: Final = words("polarity.answers_no")
_PARTICLES: Final = words("polarity.particles")
_JOINING: Final = words("polarity.joining")
_OR: Final = words("sizes.or")
_INDIFFERENT: Final = words("polarity.indifferent")
_VERBS: Final = words("predicate.copulas") | words("predicate.auxiliaries")
_DENIED: Final = words("predicate.denied")
"""Verbs that deny in one word: isn't, doesn't."""
_NOT: Final = words("predicate.nots")
_BARE: Final = _DENIED | _NOT
_BETWEEN: Final = words("predicate.between")
_CLOSED: Final = frozenset(CLAUSE_ENDS) | words("predicate.closed")
_LONGEST: Final = 4
"""How many words a verb may have, with its "not" and the pronouns beside it."""

Said = Literal["", "refused", "likewise"]
"""likewise: the opposite of what is said of the thing before is said of this one, as in "X is required, Y isn't"."""


@once
def _denials(doc: Doc) -> list[int]:
    """Return the tokens at which words begin that may deny, in order."""
    return sorted(doc.begins("negation", "denial").union(doc.where(ANSWERS_NO)))


def said_behind(doc: Doc, i: int, j: int) -> Said:
    """Return what is said behind tokens [i, j), or behind the list that they begin."""
    denials = _denials(doc)
    n = bisect_left(denials, j)
    if n == len(denials) or denials[n] >= min(j + _REACH, doc.sentence_span(i).stop):
        return ""
    k, strangers = j, 0
    for _ in range(6):
        if k >= len(doc.tokens) or doc.sentence[k] != doc.sentence[i]:
            return ""
        if said := _at(doc, i, k):
            return said if said != "none" else ""
        if doc.text(k) in _PARTICLES:
            k += 1
        elif doc.text(k) in _JOINING and doc.name_ends.get(k + 1):
            k = doc.name_ends[k + 1]
        elif doc.text(k).isalpha() and not strangers and _is_plain(doc, k):
            k, strangers = k + 1, 1  # "RunPod community cloud is out", "interruptible machines are out"
        else:
            return ""
    return ""


def _at(doc: Doc, i: int, k: int) -> Said | Literal["none"]:
    """Return what the words from token k on say of the thing at token i, "none" where they say another thing."""
    if doc.text(k) in ANSWERS_NO and (doc.text(k + 1) in CLAUSE_ENDS or doc.at(k + 1, "dispute", "source")):
        return "refused"  # "Argo CD yes, Jenkins no"
    answer = doc.at(k, "verdict", "no")
    if answer is not None and doc.text(k) in ANSWERS_NO and _is_closed(doc, answer.j):
        return "refused"  # "Kubeflow no thanks"
    if said := _predicate(doc, i, k):
        return said
    denial = doc.at(k, "denial")
    if denial is not None:
        return "refused" if _is_closed(doc, denial.j) else "none"
    if doc.at(k, "negation", "after") or (doc.language == "ja" and doc.at(k, "negation", "before")):
        return "refused"
    if doc.text(k) != ",":
        return ""
    denial = doc.at(k + 1, "denial")
    if denial is not None and doc.text(denial.j - 1) not in _BARE and _is_closed(doc, denial.j):
        return "refused"  # "Kafka, on n'en a pas besoin", not "they have eight B200s, we don't"
    refused = doc.at(k + 1, "negation", "after") is not None and not _either(doc, i, k)
    return "refused" if refused else "none"


def _predicate(doc: Doc, i: int, k: int) -> Said:
    """Return what a verb that denies says: that the thing is not needed or the like, or nothing more than "isn't"."""
    j = _denying_verb(doc, k)
    if j is None:
        return ""
    while (needless := doc.at(j, "needless")) is None and doc.text(j) in _BETWEEN:
        j += 1
    if needless is not None:
        moot = needless.id == "moot" and doc.at(i, "compliance") is None
        return "" if moot else "refused"
    return "likewise" if _is_closed(doc, j) else ""


def _denying_verb(doc: Doc, k: int) -> int | None:
    """Return where a verb that denies ends, its "not" before or behind it, or None: "is not", "ne concerne pas"."""
    verb = denied = False
    for n in range(k, k + _LONGEST):
        word = doc.text(n)
        if word in _DENIED:
            verb = denied = True
        elif word in _VERBS:
            verb = True
        elif word in _NOT:
            denied = True
        elif denied or not verb or word not in _BETWEEN:
            return n if denied else None
    return k + _LONGEST if denied else None


def _is_closed(doc: Doc, j: int) -> bool:
    """Say whether what is said ends before token j."""
    return doc.text(j) in _CLOSED or doc.sentence[j] != doc.sentence[j - 1]


def _either(doc: Doc, i: int, k: int) -> bool:
    """Say whether it reads "Frankfurt or Paris, doesn't matter": either will do."""
    clause = doc.clause_span(i)
    joined = any(doc.text(n) in _OR for n in range(clause.start, k))
    return joined and doc.text(k + 1) in _INDIFFERENT


def _is_plain(doc: Doc, k: int) -> bool:
    return (not doc.name_ends.get(k) or doc.at(k, "cue", "node") is not None) and doc.at(k, "contrast") is None
