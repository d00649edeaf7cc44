"""What people owe, earn and charge: rent, wages, fees; money that no workload is paid from."""

from __future__ import annotations

from typing import Final

from services.orchestrator.domain.understanding.doc import LONGEST_CUE, Doc
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match

_LINKING: Final = words("dues.linking")
_BEING: Final = words("dues.being")
_AS: Final = words("dues.as")
_ARTICLES: Final = words("dues.articles")
_VERB_BEFORE: Final = words("dues.verb_before") | words("whose.subjects")
_EARNING: Final = words("dues.earning")
_COSTING: Final = words("dues.costing")
_OBJECTS: Final = words("dues.articles") | {"us", "me", "them", "him", "her"}
_MODAL: Final = words("dues.modal")
_INCOME: Final = words("dues.income")
"""What the user earns as well, and is to live on."""
_CHARGING: Final = words("dues.charging")
_TAKING: Final = words("dues.taking")
_UNPAID: Final = words("dues.unpaid")
"""Who is given money for the workload rather than paid: projects, teams, the user."""
_REACH: Final = 9
_VERB_REACH: Final = 3
_NAMED_REACH: Final = 5
_ENDS: Final = frozenset(("", ".", ",", ";", "!", "?", ")", "and", "und", "et", "y", "e"))
_WORK: Final = (("gpu", None), ("cue", "gpu"), ("cue", "node"), ("provider", None))


def is_due(doc: Doc, i: int, j: int) -> bool:
    """Say whether the amount on tokens [i, j) is owed, earned or charged: "the rent is 900 a month", "6k in wages"."""
    clause = doc.clause_span(i)
    for due in doc.between("dues", max(clause.start, i - _REACH - LONGEST_CUE), min(clause.stop, j + _NAMED_REACH)):
        if due.j <= i and i - due.j <= _REACH and _is_noun(doc, due) and _amounts_to(doc, due.j, i):
            return True
        if due.i >= j and _named_after(doc, j, due):
            return True
    return not doc.any_between("money", j, clause.stop, "budget") and _is_paid_to_somebody(doc, clause.start, i)


def _is_noun(doc: Doc, due: Match) -> bool:
    """Say whether the word is no verb: "rent is 900", not "we rent for 900"."""
    return due.id != "verb" or doc.text(due.i - 1) not in _VERB_BEFORE


def _amounts_to(doc: Doc, start: int, i: int) -> bool:
    """Say whether what is owed is said to be the amount: nothing else stands between, or a verb of being at the end."""
    if any(doc.any_between(kind, start, i, id_) for kind, id_ in _WORK):
        return False
    between = [k for k in range(start, i) if not doc.tokens[k].is_number and doc.at(k, "currency") is None]
    if all(doc.text(k) in _LINKING or doc.at(k, "per") or doc.at(k, "scale") for k in between):
        return True
    tail = between
    while tail and doc.text(tail[-1]) in _LINKING - _BEING:
        tail = tail[:-1]
    return bool(tail) and doc.text(tail[-1]) in _BEING


def _named_after(doc: Doc, j: int, due: Match) -> bool:
    """Say whether it reads "6,000 a month in wages", "900 a month for the rent"."""
    k = due.i - 1
    while k > j and doc.text(k) in _ARTICLES:
        k -= 1
    return k == j and doc.text(k) in _AS and doc.text(due.j) in _ENDS


def _is_paid_to_somebody(doc: Doc, start: int, i: int) -> bool:
    """Say whether it reads "an intern gets 500 a month", "the landlord wants 850"."""
    for k in range(max(start, i - _VERB_REACH), i):
        word = doc.text(k)
        if word in _INCOME or (word in _CHARGING and k > start and not doc.any_word(_UNPAID, start, k)):
            return True
        if word in _EARNING and k > start and not doc.any_word(_UNPAID, start, k):
            return True
        if word in _COSTING and _is_object(doc, k + 1, i):
            return True
        if word in _TAKING and doc.any_between("outsider", start, k, "person"):
            return True
    return False


def _is_object(doc: Doc, k: int, i: int) -> bool:
    """Say whether it tells what somebody loses: "lost parcels cost the firm 30,000"; no "may cost us"."""
    return k < i and doc.text(k) in _OBJECTS and doc.text(k - 2) not in _MODAL
