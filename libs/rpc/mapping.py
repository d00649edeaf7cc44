"""Fills a message from a domain object whose fields have the same names, so that no field is forgotten by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, auto
from functools import cache
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
    for name, kind in _fields(message.DESCRIPTOR):
        value = getattr(source, name)
        if value is None:
            continue
        match kind:
            case _Kind.PLAIN:
                setattr(message, name, value)
            case _Kind.LIST:
                getattr(message, name).extend(value)
            case _Kind.MESSAGES:
                target = getattr(message, name)
                for item in value:
                    _fill_message(target.add(), item)
            case _Kind.MAP:
                _fill_map(getattr(message, name), value)
            case _Kind.MESSAGE:
                target = getattr(message, name)
                target.SetInParent()
                _fill_message(target, value)
    return message


class _Kind(Enum):
    """How a field is set."""

    PLAIN = auto()
    LIST = auto()
    MESSAGE = auto()
    MESSAGES = auto()
    MAP = auto()


@cache
def _fields(descriptor: Any) -> tuple[tuple[str, _Kind], ...]:
    """Return the fields of a message by name, each with how it is set."""
    return tuple((field.name, _kind(field)) for field in descriptor.fields)


def _kind(field: Any) -> _Kind:
    if field.type != _MESSAGE:
        return _Kind.LIST if field.is_repeated else _Kind.PLAIN
    if not field.is_repeated:
        return _Kind.MESSAGE
    return _Kind.MAP if field.message_type.GetOptions().map_entry else _Kind.MESSAGES


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
