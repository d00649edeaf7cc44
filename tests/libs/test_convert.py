"""Money, times and provenance on the wire."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.money import per_month, to_cents
from libs.provenance import Provenance
from libs.rpc import convert


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=6))
def test_money_comes_back_exactly(amount: Decimal):
    assert convert.money_from_proto(convert.money_to_proto(amount)) == amount


def test_units_and_nanos_have_the_same_sign():
    money = convert.money_to_proto(Decimal("-1.75"))
    assert (money.units, money.nanos) == (-1, -750_000_000)


def test_a_month_is_730_hours_rounded_half_up():
    assert (per_month(Decimal("1.0005")), to_cents(Decimal("0.005"))) == (Decimal("730.37"), Decimal("0.01"))


def test_provenance_comes_back():
    fact = Provenance("compute", "s1", datetime(2026, 1, 2, tzinfo=UTC), "list price", "r1")
    assert convert.provenance_from_proto(convert.provenance_to_proto(fact)) == fact


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        convert.timestamp_to_proto(datetime(2026, 1, 2))  # noqa: DTZ001 - the point of the test
