"""What all services convert between wire and domain: money, times, provenance."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp
from google.type.money_pb2 import Money

from libs.provenance import Provenance
from stack8s.common.v1 import provenance_pb2

_NANOS: Final = 10**9


def money_to_proto(amount: Decimal, *, currency: str = "USD") -> Money:
    """Return an amount as Money, exact to a billionth; beyond that it is rounded half to even."""
    nanos = int((amount * _NANOS).to_integral_value())
    units = int(nanos / Decimal(_NANOS))
    return Money(currency_code=currency, units=units, nanos=nanos - units * _NANOS)


def money_from_proto(money: Money) -> Decimal:
    """Return Money as an exact amount without trailing zeros beyond the cent."""
    amount = Decimal(money.units) + Decimal(money.nanos) / _NANOS
    cents = amount.quantize(Decimal("0.01"))
    return cents if cents == amount else amount.normalize()


def timestamp_to_proto(moment: datetime) -> Timestamp:
    """Return an aware time as a Timestamp. Raises ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone has no place on the wire")
    stamp = Timestamp()
    stamp.FromDatetime(moment.astimezone(UTC))
    return stamp


def timestamp_from_proto(stamp: Timestamp) -> datetime:
    """Return a Timestamp as an aware time in UTC."""
    return _moment(stamp.seconds, stamp.nanos)


@lru_cache(maxsize=4096)
def _moment(seconds: int, nanos: int) -> datetime:
    # Thousands of records state the few times at which their sources were read.
    return Timestamp(seconds=seconds, nanos=nanos).ToDatetime(tzinfo=UTC)


@lru_cache(maxsize=4096)
def _stamp(moment: datetime) -> Timestamp:
    # As above. Only ever copied into another message, so that nobody can change it.
    return timestamp_to_proto(moment)


def provenance_to_proto(provenance: Provenance) -> provenance_pb2.Provenance:
    """Return a provenance for the wire."""
    return provenance_pb2.Provenance(
        catalog=provenance.catalog,
        snapshot_id=provenance.snapshot_id,
        as_of=_stamp(provenance.as_of),
        source=provenance.source,
        record_id=provenance.record_id,
    )


def provenance_from_proto(provenance: provenance_pb2.Provenance) -> Provenance:
    """Return a provenance from the wire."""
    return Provenance(
        catalog=provenance.catalog,
        snapshot_id=provenance.snapshot_id,
        as_of=timestamp_from_proto(provenance.as_of),
        source=provenance.source,
        record_id=provenance.record_id,
    )
