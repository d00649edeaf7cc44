"""Fills a message from a domain object whose fields have the same names, so that no field is forgotten by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, TypeVar

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct
from google.type.date_pb2 import Date
from google.type.decimal_pb2 import Decimal as DecimalMessage

from libs.rpc.convert import money_to_proto, timestamp_to_proto

M = TypeVar("M", bound=Message)

_MESSAGE: Final = FieldDescriptor.TYPE_MESSAGE


def fill(message: M, source: object) -> M:
    """Set every field of a message from the attribute of the same name, and return the message.

    None leaves a field unset. Decimal becomes google.type.Money or Decimal, datetime a Timestamp, date a Date, and a
    mapping a Struct or a map. Raises AttributeError for a field that the source lacks: the two cannot drift apart.
    """
    for field in message.DESCRIPTOR.fields:
        value = getattr(source, field.name)
        if value is None:
            continue
        target = getattr(message, field.name)
        if _is_map(field):
            _fill_map(target, value)
        elif field.is_repeated:
            if field.type == _MESSAGE:
                for item in value:
                    _fill_message(target.add(), item)
            else:
                target.extend(value)
        elif field.type == _MESSAGE:
            target.SetInParent()
            _fill_message(target, value)
        else:
            setattr(message, field.name, value)
    return message


def _is_map(field: Any) -> bool:
    entry = field.message_type
    return bool(field.is_repeated and entry is not None and entry.GetOptions().map_entry)


def _fill_map(target: Any, value: Mapping[Any, Any]) -> None:
    for key, item in value.items():
        if isinstance(item, str | int | float | bool):
            target[key] = item
        else:
            _fill_message(target[key], item)


def _fill_message(target: Message, value: Any) -> None:
    if isinstance(value, Decimal):
        target.CopyFrom(
            DecimalMessage(value=str(value)) if isinstance(target, DecimalMessage) else money_to_proto(value)
        )
    elif isinstance(value, datetime):
        target.CopyFrom(timestamp_to_proto(value))
    elif isinstance(value, date):
        target.CopyFrom(Date(year=value.year, month=value.month, day=value.day))
    elif isinstance(target, Struct):
        target.update(value)
    else:
        fill(target, value)


def duration_to_proto(milliseconds: float) -> Duration:
    """Return milliseconds as a Duration."""
    duration = Duration()
    duration.FromMicroseconds(round(milliseconds * 1000))
    return duration
