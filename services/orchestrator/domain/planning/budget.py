"""What may be spent: the budgets of the spec in USD, and the wish for a cheaper plan."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from services.orchestrator.domain.plan import ExchangeRate
from services.orchestrator.domain.planning import exchange
from services.orchestrator.domain.spec import BudgetPeriod, WorkloadSpec

CHEAPER_THAN_BEFORE: Final = "cheaper than the plan before"
"""How the words of a budget begin that only the wish for a cheaper plan implies."""


def cheaper_than(spec: WorkloadSpec) -> str:
    """Return "cheaper than the plan before ($934.40 a month)" where that alone is the budget; else nothing."""
    origin = spec.origins.get("budget_usd_month")
    implied = origin is not None and origin.kind == "implied" and origin.words.startswith(CHEAPER_THAN_BEFORE)
    return origin.words if origin is not None and implied else ""


def budgets(
    spec: WorkloadSpec, said: list[str]
) -> tuple[Decimal | None, Decimal | None, Decimal | None, ExchangeRate | None]:
    """Return the budgets an hour, a month and in total in USD, and the rate they were converted by."""
    hour, month, total = (_decimal(v) for v in (spec.budget_usd_hour, spec.budget_usd_month, spec.budget_usd_total))
    if not (spec.budget_currency and spec.budget_amount and spec.budget_period):
        return hour, month, total, None
    rate = exchange.find_rate(spec.budget_currency)
    if rate is None:
        said.append(f"There is no exchange rate for {spec.budget_currency} here, so the budget could not be applied.")
        return hour, month, total, None
    usd = exchange.to_usd(Decimal(str(spec.budget_amount)), rate)
    said.append(
        f"{spec.budget_amount:,.0f} {rate.currency} are {usd:,} USD at "
        f"{rate.usd_per_unit.normalize()} USD per {rate.currency} "
        f"({rate.source}, {rate.as_of.isoformat()})."
    )
    match spec.budget_period:
        case BudgetPeriod.HOUR:
            return _least(usd, hour), month, total, rate
        case BudgetPeriod.MONTH:
            return hour, _least(usd, month), total, rate
        case BudgetPeriod.TOTAL:
            return hour, month, _least(usd, total), rate


def _least(budget: Decimal, other: Decimal | None) -> Decimal:
    """Return the tighter of two budgets: a wish to be cheaper than the plan before comes on top of the user's own."""
    return budget if other is None else min(budget, other)


def _decimal(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))
