"""Amounts of money that are not to be spent on the workload: prices told, bills, pay, income."""

from __future__ import annotations

from typing import Final, NamedTuple

from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.fold import fold
from services.orchestrator.domain.understanding.lexicon import words

_PRICE_VERBS: Final = words("money.price_verbs")
_ABOUT: Final = words("money.about")
_OWN_COSTS: Final = words("money.own_costs")
"""What "costs" is a noun after: monthly costs, GPU costs."""


class Amount(NamedTuple):
    """An amount of money on tokens [i, j)."""

    value: float
    currency: str
    """ISO 4217 code; empty when none is named."""
    period: str
    """hour, day, week, month, quarter, year, total; empty when none is named."""
    i: int
    j: int


def _is_pay(doc: Doc, amount: Amount) -> bool:
    """Say whether it reads "6 engineers at $140k each"."""
    head = doc.near(amount.i, amount.j, "people", before=2, after=0)
    each = doc.near(amount.i, amount.j, "cue", "each", before=0, after=2)
    apiece = each is not None and each.i >= amount.j  # the "per" of "per month" is the amount's own
    return head is not None and head.j <= amount.i and (apiece or amount.period == "year")


def _is_price_told(doc: Doc, amount: Amount) -> bool:
    """Say whether it reads "my flight costs 900 euros": the price of a thing, not what the workload may cost."""
    k = amount.i - 1
    while doc.text(k) in _ABOUT:
        k -= 1
    thing = doc.text(k - 1)
    return doc.text(k) == "costs" and k > 0 and doc.clause[k - 1] == doc.clause[k] and thing not in _OWN_COSTS


def is_spending_of_others(doc: Doc, amount: Amount) -> bool:
    """Say whether the amount is a price, a bill, income: money that is not what may be spent on this."""
    other = doc.near(amount.i, amount.j, "money", "other", before=9, after=4)
    if other is None:
        return _is_pay(doc, amount) or _is_price_told(doc, amount)
    words = doc.words(other.i, other.j).lower()
    budget = doc.near(amount.i, amount.j, "money", "budget", before=9, after=6)
    bound = doc.near(amount.i, amount.j, "bound", "upper", before=4, after=3)
    if bound and fold(words) in _PRICE_VERBS:
        return False  # "das kostet höchstens 500 Euro"
    if words in ("we pay", "i pay", "we spend", "i spend") and (
        bound or doc.text(other.i - 1) in ("should", "can", "could", "may")
    ):
        return False
    if budget and not (other.i <= budget.i < other.j):
        return (
            abs(other.i - amount.i) < abs(budget.i - amount.i)
            and doc.clause[other.i] == doc.clause[amount.i]
            and not bound
        )
    return doc.clause[other.i] == doc.clause[amount.i]
