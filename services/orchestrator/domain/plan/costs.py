"""What it costs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from libs.provenance import Provenance
from services.orchestrator.domain.plan.part import PlanPart


class CostLine(PlanPart):
    """One line of the cost table."""

    description: str
    quantity: Decimal | None
    """None when the usage is unknown."""
    unit: str
    """hour, GB-month, GB, month."""
    unit_price: Decimal | None
    """USD; None when unknown."""
    monthly: Decimal | None
    """USD, quantity x unit_price rounded to the cent; None when unknown, and then not in the total."""
    unknown_reason: str = ""
    quantity_max: Decimal | None = None
    """The most that may be used where usage is not known or copies are added; None elsewhere, and without a price."""
    monthly_max: Decimal | None = None
    """USD, quantity_max x unit_price rounded to the cent; None as quantity_max."""
    provenance: Provenance | None = None


class ExchangeRate(PlanPart):
    """A dated rate."""

    currency: str
    """ISO 4217."""
    usd_per_unit: Decimal
    as_of: date
    source: str


class CostEstimate(PlanPart):
    """What the first recommendation costs a month."""

    lines: tuple[CostLine, ...]
    monthly_total: Decimal
    """USD; the sum of the lines that are known."""
    complete: bool
    """True when every line is known."""
    monthly_total_max: Decimal | None = None
    """USD at full load: with the most of every line that has a range; None where none has one."""
    spot_monthly_total: Decimal | None = None
    """The same with the machines on spot; None where there is no spot price."""
    run_total: Decimal | None = None
    """USD of one training or batch run, machines only; None when not a run or not estimable."""
    exchange_rate: ExchangeRate | None = None
    monthly_total_in_currency: Decimal | None = None
    """monthly_total in exchange_rate.currency."""
    note: str = ""
    """How hours were counted."""


class CombinedCost(PlanPart):
    """What all parts of a plan cost together, as far as it is known."""

    once: Decimal
    """USD for the runs that end, with their storage of a month."""
    monthly: Decimal
    """USD a month for what keeps running."""
    complete: bool
    """True when every line of every part is known."""
    note: str
