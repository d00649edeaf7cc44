"""Budgets: amounts with a currency or a period, in the many ways people write them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from services.orchestrator.domain.question import Question
from services.orchestrator.domain.understanding.currencies import (
    code_of,
    currency_after,
    currency_before,
    reparsed,
    unknown_sign,
)
from services.orchestrator.domain.understanding.doc import LONGEST_CUE, Doc
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.mention import Mention
from services.orchestrator.domain.understanding.numbers import Number
from services.orchestrator.domain.understanding.prices import (
    Amount,
    is_paid_now,
    is_refused,
    is_spending_of_others,
    limits_at,
    speaks_of_now,
)

_COUNTED_KINDS: Final = ("bytes", "time", "items", "requests", "people", "gpu", "family")
_SMALL_WORDS: Final = words("money.small_words")

_USD_FIELDS = {"hour": "budget_usd_hour", "month": "budget_usd_month", "total": "budget_usd_total"}
_TO_MONTH = {"year": 1 / 12, "quarter": 1 / 3, "week": 52 / 12, "day": 30.0}
_FILLERS: Final = words("money.fillers")
_ABOUT: Final = frozenset(
    {"about", "around", "roughly", "some", "~", "circa", "ca", "etwa", "umas", "uns", "unas", "unos"}
)
_CENTS: Final = frozenset({"cents", "cent", "¢"})
_CENT_VALUES: Final = range(10, 100)
_YEARS: Final = range(1950, 2100)
_SMALL_MONTH = 20.0
_SCALE_DROPPED: Final = 100
"""So many times smaller than the amount before, a limit leaves its thousand unsaid."""
_MOST: Final = 1e9
"""Larger amounts are nobody's budget but talk of markets and states."""
_MOST_STRANGERS = 3
_THAT_IS: Final = frozenset({"that's", "it's", "this", "and", "each", "und", "zwar", "das", "also"})
_BUDGET_PERIODS = ("hour", "day", "week", "month", "quarter", "year", "total")


def budgets(found: Sequence[Amount]) -> Iterator[Mention]:
    """Yield the budgets that have a period; the last one counts."""
    for amount in found:
        if amount.period:
            yield from _mentions(amount)


def _mentions(amount: Amount) -> Iterator[Mention]:
    value, period = amount.value, amount.period
    implied = period in _TO_MONTH
    if implied:
        value, period = round(value * _TO_MONTH[period], 2), "month"
    span = (amount.i, amount.j)
    if amount.currency in ("", "USD"):
        yield Mention(_USD_FIELDS[period], value, *span, implied=implied)
        return
    yield Mention("budget_currency", amount.currency, *span, implied=implied)
    yield Mention("budget_amount", value, *span, implied=implied)
    yield Mention("budget_period", period, *span, implied=implied)


def without_period(found: Sequence[Amount]) -> list[Amount]:
    """Return the budgets whose period is not said and has to be asked for."""
    return [] if any(a.period for a in found) else [a for a in found if not a.period]


def period_asked(question: Question) -> str:
    """Return the period for which a question asks a budget: that of what it suggests first."""
    return "total" if question.suggestions and question.suggestions[0].endswith("total") else "month"


def amounts(doc: Doc) -> list[Amount]:
    """Return the amounts that are budgets, in order, and claim their numbers."""
    found: list[Amount] = []
    refused: Amount | None = None
    paid: Amount | None = None
    now = speaks_of_now(doc)
    for number in list(doc.free_numbers()) if doc.speaks_of("currency", "per", "money") else ():
        if number.i in doc.claimed:
            continue  # the cents of the amount before
        amount = _cents(doc, number) or _amount(doc, number) or (_most(doc, number) if refused is not None else None)
        if amount is None:
            continue
        doc.claim(number)
        if is_refused(doc, amount) or (now and is_paid_now(doc, amount)):
            refused = paid = amount
            continue
        if refused is not None and not amount.period:
            amount = amount._replace(period=refused.period, currency=amount.currency or refused.currency)
            if amount.value * _SCALE_DROPPED < refused.value:
                amount = amount._replace(value=amount.value * 1_000)  # "we pay 200 thousand now, 120 at most"
        if not is_spending_of_others(doc, amount):
            found.append(amount)
            paid = None
    if paid is not None and not is_refused(doc, paid) and not is_spending_of_others(doc, paid):
        found.append(paid)  # what looked like the limit after it counts something else: "at most 20 users"
    return _share_periods(doc, found)


def _share_periods(doc: Doc, found: list[Amount]) -> list[Amount]:
    """Give an amount the period of the next one in its sentence, as in "2000, no, 1500 a month"."""
    shared = _upper_ends(doc, found)
    for n in range(len(shared) - 2, -1, -1):
        here, following = shared[n], shared[n + 1]
        if not here.period and doc.sentence[here.i] == doc.sentence[following.i] and following.i - here.j <= 4:
            shared[n] = here._replace(period=following.period, currency=here.currency or following.currency)
    return shared


def _upper_ends(doc: Doc, found: list[Amount]) -> list[Amount]:
    """Leave out the lower end of "min 800, max 1,950 a month"; its period holds for the upper one."""
    kept: list[Amount] = []
    for amount in found:
        last = kept[-1] if kept else None
        if (
            last is not None
            and doc.sentence[last.i] == doc.sentence[amount.i]
            and doc.near(last.i, last.j, "bound", "lower", before=1, after=0)
            and doc.near(amount.i, amount.j, "bound", "upper", before=1, after=0)
            and last.value < amount.value
        ):
            kept.pop()
            amount = amount._replace(period=amount.period or last.period, currency=amount.currency or last.currency)
        kept.append(amount)
    return kept


def _cents(doc: Doc, number: Number) -> Amount | None:
    """Read "75 cents an hour"; cents without a period are the price of something."""
    unit = doc.text(number.j)
    if unit not in _CENTS or number.billions:
        return None
    period = _period(doc, number.i, number.j + 1, has_currency=True)
    if period is None:
        return None
    return Amount(round(number.value / 100, 6), "", period.id, min(number.i, period.i), max(number.j + 1, period.j))


def _amount(doc: Doc, number: Number) -> Amount | None:
    value = number.value * 1e9 if number.billions else number.value
    if not 0 < value <= _MOST:
        return None
    i, j = number.i, number.j
    currency = currency_before(doc, i) or currency_after(doc, j)
    if currency is not None:
        i, j = min(i, currency.i), max(j, currency.j)
        value = reparsed(doc, number, value, currency.id)
        if (rest := _hundredths(doc, number, j)) is not None:
            value, j = value + rest.value / 100, rest.j
    elif j in doc.names or i - 1 in doc.names or unknown_sign(doc, number):
        return None
    period = _period(doc, i, j, has_currency=currency is not None)
    if period is None and currency is None:
        return _bare(doc, number, value)
    if currency is None and not _may_be_money(doc, number, value, period):
        return None
    if period is not None:
        i, j = min(i, period.i), max(j, period.j)
    return Amount(value, code_of(doc, currency), period.id if period else "", i, j)


def _hundredths(doc: Doc, number: Number, j: int) -> Number | None:
    """Return and claim the cents of "three dollars fifty an hour": a bare number before the period."""
    rest = doc.number_from.get(j)
    if (
        rest is None
        or number.j >= j
        or rest.low is not None
        or not (number.written or number.value == int(number.value))
    ):
        return None
    if rest.value not in _CENT_VALUES or rest.written != number.written or doc.at(rest.j, "per", "hour") is None:
        return None
    doc.claim(rest)
    return rest


def _bare(doc: Doc, number: Number, value: float) -> Amount | None:
    """Read a number that only the word budget beside it makes money: "budget 2000"."""
    cue = doc.near(number.i, number.j, "money", "budget", before=4, after=1)
    if cue is None or number.billions or value < _SMALL_MONTH or not _stands_alone(doc, number):
        return None
    if doc.text(number.i - 1) == "in" and value in _YEARS:
        return None  # "spending in 2027"
    if cue.i > number.j and doc.clause[cue.i] != doc.clause[number.i]:
        return None  # "concurrency about 50, budget 8000 a month"
    return Amount(value, "", "", number.i, number.j)


def _most(doc: Doc, number: Number) -> Amount | None:
    """Read what is offered after a refused amount, whose currency and period hold on: "4k tops", "3000 is the most"."""
    clause = doc.clause_span(number.i)
    beside = range(max(clause.start, number.i - 3), min(clause.stop, number.j + 4))
    if number.billions or not _stands_alone(doc, number) or not any(limits_at(doc, k) for k in beside):
        return None
    return Amount(number.value, "", "", number.i, number.j)


def _stands_alone(doc: Doc, number: Number) -> bool:
    """Say whether nothing is counted by the number."""
    period = doc.at(number.j, "per")
    kinds = [k for k in _COUNTED_KINDS if k != "time"] if period else _COUNTED_KINDS  # "an hour", and French "ans"
    after = (number.j, period.j) if period else (number.j, number.j + 1)  # "800 million weekly users"
    if any(doc.any_at(k, kinds) or doc.any_at(k, ("cue",), ("tokens", "gpu", "node", "params")) for k in after):
        return False
    return not (doc.text(number.j).isalpha() and doc.tokens[number.j].glued) and doc.text(number.j) != "%"


def _period(doc: Doc, i: int, j: int, *, has_currency: bool) -> Match | None:
    """Return the period that belongs to an amount: after it, or named with the budget before it."""
    if not doc.any_between("per", i - 8 - LONGEST_CUE, j + 10):
        return None
    strangers = 0
    for k in range(j, min(j + (9 if has_currency else 5), len(doc.tokens))):
        if doc.sentence[k] != doc.sentence[j - 1] or doc.tokens[k].is_number:
            break
        match = doc.at(k, "per")
        if match is not None:
            return match if match.id in _BUDGET_PERIODS else None
        if has_currency and k == j and doc.text(k) == ",":
            n = k + 1 + (doc.text(k + 1) in _THAT_IS)
            said = doc.at(n, "per", "total") or (doc.at(n, "per") if n > k + 1 else None)
            if said is not None and said.id in _BUDGET_PERIODS:
                return said  # "2,000 euros, all in", "1200 euros, that's monthly"
        if not _is_filler(doc, k):
            strangers += 1
            same_clause = doc.clause[k] == doc.clause[j - 1] and doc.tokens[k].text.isalpha()
            if not has_currency or strangers > _MOST_STRANGERS or not same_clause:
                break
    before = range(i, max(-1, i - 9), -1) if doc.any_between("per", i - 8 - LONGEST_CUE, i) else ()
    for k in before:
        if k < i and doc.sentence[k] != doc.sentence[i]:
            break
        match = doc.ending(k, "per")
        if match is not None and match.id in _BUDGET_PERIODS:
            return match if _between_is_filler(doc, match.j, i) else None
    return None


def _is_filler(doc: Doc, k: int) -> bool:
    named = doc.any_at(k, ("bound", "currency")) or doc.at(k, "money", "budget") is not None
    return named or doc.text(k) in _FILLERS


def _between_is_filler(doc: Doc, start: int, end: int) -> bool:
    k = start
    while k < end:
        step = doc.at(k, "bound") or doc.at(k, "money", "budget") or doc.at(k, "currency") or doc.at(k, "cue")
        if step:
            k = step.j
        elif doc.text(k) in _FILLERS or doc.text(k) in _SMALL_WORDS:
            k += 1
        else:
            return False
    return True


def _counts_before(doc: Doc, number: Number) -> bool:
    """Say whether it reads "invoices, about 20k a month": what stands before is what is counted."""
    k = number.i
    while k > 0 and doc.text(k - 1) in _ABOUT:
        k -= 1
    return doc.text(k - 1) == "," and doc.ending(k - 1, "items") is not None


def _may_be_money(doc: Doc, number: Number, value: float, period: Match | None) -> bool:
    """Say whether a number without a currency but with a period is a budget: "between 1000 and 3000 a month"."""
    if period is None or number.billions or not _stands_alone(doc, number):
        return False
    if _counts_before(doc, number):
        return False
    cue = doc.near(number.i, number.j, "money", "budget", before=8, after=5) or doc.near(
        number.i, number.j, "bound", "upper", before=3, after=4
    )
    if period.id in ("month", "total", "year"):
        directly = period.i == number.j or period.j <= number.i
        return value >= _SMALL_MONTH and (cue is not None or (directly and period.id == "month" and value >= 50))
    return cue is not None
