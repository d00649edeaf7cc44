"""Requests that do not parse: found before the servicer sees them, with the bad field named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import DecodeError, Message
from google.protobuf.unknown_fields import UnknownFieldSet

from libs.errors import InvalidInputError, Violation

_LENGTH_DELIMITED: Final = 2
Deserializer = Callable[[bytes], Message]


@dataclass(frozen=True, slots=True)
class Undecodable:
    """Stands in for a request that did not parse, and carries the error to answer with."""

    error: InvalidInputError


def tolerant(deserialize: Deserializer, descriptor: Descriptor | None) -> Callable[[bytes], Message | Undecodable]:
    """Return a deserializer that returns Undecodable where the given one raises."""

    def read(data: bytes) -> Message | Undecodable:
        try:
            return deserialize(data)
        except DecodeError:
            found = list(_bad_text(data, descriptor)) if descriptor else []
            return Undecodable(InvalidInputError(found or [Violation("request", "is not a message of this type")]))

    return read


def _bad_text(data: bytes, descriptor: Descriptor, path: str = "") -> Iterator[Violation]:
    """Yield a violation for each text field whose bytes are not UTF-8. Nothing for bytes that are no message at all."""
    try:
        carrier = Empty.FromString(data)
    except DecodeError:
        return
    fields = UnknownFieldSet(carrier)
    for index in range(len(fields)):
        unknown = fields[index]
        field = descriptor.fields_by_number.get(unknown.field_number)
        if field is None or unknown.wire_type != _LENGTH_DELIMITED:
            continue
        name = f"{path}{field.name}"
        if field.type == FieldDescriptor.TYPE_MESSAGE and field.message_type is not None:
            yield from _bad_text(unknown.data, field.message_type, f"{name}.")
        elif field.type == FieldDescriptor.TYPE_STRING:
            try:
                unknown.data.decode()
            except UnicodeDecodeError as error:
                yield Violation(name, f"is not UTF-8 at byte {error.start}; send text as UTF-8")
