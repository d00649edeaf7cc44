"""Amounts of money that are not to be spent on the workload: prices told, bills, pay, income."""

from __future__ import annotations

from typing import Final, NamedTuple

from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.dues import is_due
from services.orchestrator.domain.understanding.fate import is_gone
from services.orchestrator.domain.understanding.fold import fold
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.past import turned

_PRICE_VERBS: Final = words("money.price_verbs")
_BILLS: Final = ("bill", "invoice", "rechnung", "factur", "fattur", "bollett", "fatur", "rekening", "rachunek")
_ABOUT: Final = words("money.about")
_OWN_COSTS: Final = words("money.own_costs")
"""What "costs" is a noun after: monthly costs, GPU costs."""

_VENDOR_VERBS: Final = words("money.vendor_verbs")
_VENDOR_REACH: Final = 7
_OUTCRY_REACH: Final = 6
_PAST_REACH: Final = 24
_PAY_VERBS: Final = words("money.pay_verbs")
_LIMITS: Final = words("money.limits")
_NOW: Final = words("money.now")
_OWN_SPENDING: Final = words("money.own_spending")
_LIMIT_REACH: Final = 12
_NOW_REACH: Final = 8
_DENIED_REACH: Final = 3
_VERB_REACH: Final = 4
_REFUSAL_REACH: Final = 5


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


def _decried(doc: Doc, amount: Amount) -> bool:
    """Say whether the user cries out at the amount: "$12 an hour is insane", "900 a month? no way"."""
    if not doc.any_between("money", 0, len(doc.tokens), "outcry"):
        return False
    if doc.near(amount.i, amount.j, "bound", "lower", before=1, after=0):
        return False  # "more than 500 a month is too much": that is the limit
    after = doc.near(amount.j - 1, amount.j, "money", "outcry", before=0, after=_OUTCRY_REACH)
    if after is not None and any(amount.j <= n.i < after.i for n in doc.numbers_around(amount.j, after.i, reach=0)):
        return False  # "$2 is fine, $4 is too much"
    last = doc.sentence_span(amount.i)[-1]
    asked = doc.text(last) in ("?", ".", "!") and any(doc.at(last + k, "money", "outcry") for k in range(1, 4))
    return (after is not None or asked) and not doc.any_between("money", amount.j, last + 1, "budget")


def is_refused(doc: Doc, amount: Amount) -> bool:
    """Say whether the user will not pay so much: "no way I'm paying 12k a month", "$12 an hour is insane"."""
    return is_gone(doc, amount.i) or _decried(doc, amount) or _not_to_be_paid(doc, amount)


def _not_to_be_paid(doc: Doc, amount: Amount) -> bool:
    """Say whether paying the amount is denied; "can't pay more than 500" sets a limit instead."""
    if not doc.any_word(_PAY_VERBS, amount.i - _VERB_REACH, amount.j + _VERB_REACH):
        return False
    around = (
        doc.near(amount.i, amount.j, "bound", before=2, after=0),
        doc.near(amount.i, amount.j, "bound", "upper", before=0, after=2),
    )
    if any(bound is not None and doc.clause[bound.i] == doc.clause[amount.i] for bound in around):
        return False
    start = max(doc.sentence_span(amount.i)[0], amount.i - _VERB_REACH)
    paid = next((k for k in range(amount.i - 1, start - 1, -1) if doc.text(k) in _PAY_VERBS), None)
    if paid is not None:
        before = range(max(0, paid - _REFUSAL_REACH), amount.i)
        return any(doc.clause[k] == doc.clause[paid] and doc.at(k, "negation", "before") for k in before)
    after = range(amount.j, min(amount.j + _VERB_REACH, len(doc.tokens)))
    paid = next((k for k in after if doc.text(k) in _PAY_VERBS and doc.clause[k] == doc.clause[amount.i]), None)
    denied = range(paid, paid + _VERB_REACH) if paid is not None else range(0)
    return any(
        doc.at(k, "negation", "before") and doc.clause[k] == doc.clause[amount.i] for k in denied if k < len(doc.tokens)
    )


def _asked_by_vendor(doc: Doc, amount: Amount) -> bool:
    """Say whether it reads "AWS asks $3 an hour"."""
    if not doc.any_word(_VENDOR_VERBS, amount.i - _VENDOR_REACH, amount.i):
        return False
    return any(
        doc.text(k) in _VENDOR_VERBS and doc.ending(k, "provider") and doc.sentence[k] == doc.sentence[amount.i]
        for k in range(max(0, amount.i - _VENDOR_REACH), amount.i)
    )


def _bygone(doc: Doc, amount: Amount) -> bool:
    """Say whether the sentence speaks of the past: "we used to train it on four cards for $6k a month"."""
    past = doc.near(amount.i, amount.j, "past", "any", before=_PAST_REACH, after=0)
    if past is None or past.j > amount.i or turned(doc, amount.i, past):
        return False
    return not doc.any_between("money", past.j, amount.i) and not doc.near(
        amount.i, amount.j, "bound", "upper", before=2, after=0
    )


def speaks_of_now(doc: Doc) -> bool:
    """Say whether any word of the message may tell what is paid today."""
    return not doc.spoken.isdisjoint(_NOW) or bool(doc.all("current") or doc.all("money", "other"))


def is_paid_now(doc: Doc, amount: Amount) -> bool:
    """Say whether the amount is what is paid today, where a limit comes after it: "900 a month now... 400 max"."""
    clause = doc.clause_span(amount.i)
    first, last = max(clause.start, amount.i - _NOW_REACH), min(clause.stop, amount.j + _NOW_REACH)
    now = any(doc.text(k) in _NOW for k in range(first, last)) or doc.any_between("current", first, last)
    paid = doc.near(amount.i, amount.j, "money", "other", before=4, after=3)
    if not now and (paid is None or fold(doc.words(paid.i, paid.j)) not in _OWN_SPENDING):
        return False
    if any(limits_at(doc, k) for k in range(first, last)):
        return False  # "now 900 a month max"
    return any(limits_at(doc, k) for k in range(last, min(last + _LIMIT_REACH, len(doc.tokens))))


def _is_taken_for_limit(doc: Doc, amount: Amount) -> bool:
    """Say whether an amount told is what may be spent as well: "they quoted 14k, and that's what we can spend"."""
    sums = doc.all("told_same", "sum")
    return any(m.i >= amount.j and doc.sentence[m.i] - doc.sentence[amount.i] <= 1 for m in sums)


def limits_at(doc: Doc, k: int) -> bool:
    """Say whether a word or phrase at token k sets an upper limit: "max", "below", the above of "can't go above"."""
    if doc.at(k, "bound", "upper") or doc.text(k) in _LIMITS:
        return True
    before = range(max(0, k - _DENIED_REACH), k)
    return doc.at(k, "bound", "lower") is not None and any(doc.at(n, "negation", "before") for n in before)


def is_spending_of_others(doc: Doc, amount: Amount) -> bool:
    """Say whether the amount is a price, a bill, income: money that is not what may be spent on this."""
    if _is_taken_for_limit(doc, amount):
        return False
    if _bygone(doc, amount) or _asked_by_vendor(doc, amount) or is_due(doc, amount.i, amount.j):
        return True
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
    bracketed = doc.text(amount.i - 1) == "(" and other.j == amount.i - 1  # "when the funding (2M EUR) is in"
    return bracketed or fold(words).startswith(_BILLS) or doc.clause[other.i] == doc.clause[amount.i]
