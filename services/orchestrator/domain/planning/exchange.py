"""Dated exchange rates: what a budget in another currency is worth in USD, with the rate shown."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from libs.money import to_cents
from services.orchestrator.domain.plan import ExchangeRate

AS_OF: Final = date(2026, 10, 30)
SOURCE: Final = "European Central Bank, euro foreign exchange reference rates"

_UNITS_PER_EURO: Final = {
    "USD": "1.1172", "AUD": "1.5904", "BRL": "6.0692", "CAD": "1.5606", "CHF": "0.9194", "CNY": "7.4326",
    "CZK": "24.353", "DKK": "7.4735", "EUR": "1", "GBP": "0.8338", "HKD": "8.7652", "HUF": "366.33",
    "IDR": "20275.17", "ILS": "3.495", "INR": "106.084", "ISK": "136.0", "JPY": "175.68", "KRW": "1491.76",
    "MXN": "21.1237", "MYR": "4.5325", "NOK": "10.312", "NZD": "1.9823", "PHP": "71.143", "PLN": "4.4038",
    "RON": "5.3447", "SEK": "10.978", "SGD": "1.4282", "THB": "37.683", "TRY": "55.8015", "ZAR": "18.6455",
}  # fmt: skip


def find_rate(currency: str) -> ExchangeRate | None:
    """Return the rate of an ISO 4217 code, or None when the table does not have it."""
    units = _UNITS_PER_EURO.get(currency.upper())
    if units is None:
        return None
    usd = Decimal(_UNITS_PER_EURO["USD"]) / Decimal(units)
    return ExchangeRate(
        currency=currency.upper(), usd_per_unit=usd.quantize(Decimal("0.000001")), as_of=AS_OF, source=SOURCE
    )


def to_usd(amount: Decimal, rate: ExchangeRate) -> Decimal:
    """Return an amount of the rate's currency in USD, rounded to the cent."""
    return to_cents(amount * rate.usd_per_unit)


def from_usd(amount: Decimal, rate: ExchangeRate) -> Decimal:
    """Return an amount of USD in the rate's currency, rounded to the cent."""
    return to_cents(amount / rate.usd_per_unit)
