"""Budgets: what is one, in which currency, for which period, and what is none."""

from __future__ import annotations

import pytest

from tests.orchestrator.understanding.support import read, stated


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("3k/mo", "budget_usd_month", 3000),
        ("under 500 bucks a month", "budget_usd_month", 500),
        ("$2.5/hr", "budget_usd_hour", 2.5),
        ("between 1000 and 3000 a month", "budget_usd_month", 3000),
        ("$5,000 in total", "budget_usd_total", 5000),
        ("monthly budget of 1200 dollars", "budget_usd_month", 1200),
        ("no more than 3 grand monthly", "budget_usd_month", 3000),
        ("0.5M USD for the whole project", "budget_usd_total", 500_000),
        ("ayda en fazla 2.000 dolar", "budget_usd_month", 2000),
        ("每月预算500美元", "budget_usd_month", 500),
        ("$24k a year", "budget_usd_month", 2000),
    ],
)
def test_a_budget_in_dollars_goes_by_its_period(text: str, field: str, value: float) -> None:
    assert stated(text) == {field: value}


@pytest.mark.parametrize(
    ("text", "currency", "amount", "period"),
    [
        ("€2.500 im Monat", "EUR", 2500, "month"),
        ("2 500 € par mois", "EUR", 2500, "month"),
        ("£2,000 per month", "GBP", 2000, "month"),
        ("10 lakh rupees total", "INR", 1_000_000, "total"),
        ("5 Euro pro Stunde", "EUR", 5, "hour"),
        ("月額30万円", "JPY", 300_000, "month"),
        ("R$ 5.000 por mês", "BRL", 5000, "month"),
        ("150 тысяч рублей в месяц", "RUB", 150_000, "month"),
    ],
)
def test_a_budget_in_another_currency_keeps_it(text: str, currency: str, amount: float, period: str) -> None:
    assert stated(text) == {"budget_currency": currency, "budget_amount": amount, "budget_period": period}


@pytest.mark.parametrize(
    "text",
    [
        "a 70B model",
        "24GB of memory on the card",
        "70 people in the company",
        "founded in 2019",
        "we pay 4,000 dollars a month to our current provider",
        "our product sells for $20 per user per month",
        "300 clips a day",
        "10k requests per month",
        "the H100 has 80 GB and the 4090 has 24 GB",
        "money is no object",
    ],
)
def test_what_is_no_budget_sets_none(text: str) -> None:
    assert not [field for field in stated(text) if field.startswith("budget")]


def test_a_budget_without_a_period_waits_to_be_asked_about() -> None:
    understood = read("fine-tune Mistral 7B, I have 500 dollars")
    assert understood.spec.budget_usd_month is None
    (point,) = understood.open_points
    assert (point.kind, point.options) == ("period", ("500 USD per month", "500 USD in total"))
    assert stated(point.options[1]) == {"budget_usd_total": 500}


def test_another_currency_takes_the_place_of_dollars() -> None:
    dollars = read("$2000 a month").spec
    assert stated("make it 1500 euros a month", before=dollars, turn=2) == {
        "budget_currency": "EUR",
        "budget_amount": 1500,
        "budget_period": "month",
    }
