"""Pages of lists that fit in memory, by keys that order them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from google.protobuf.message import Message

from libs.errors import InvalidInputError, Violation
from libs.paging import Key, decode_page_token, encode_page_token, page_size

T = TypeVar("T")


def query_bytes(request: Message) -> bytes:
    """Return what tells a request from others: all of it but the page."""
    copy = type(request)()
    copy.CopyFrom(request)
    copy.ClearField("page_token")
    copy.ClearField("page_size")
    return type(request).__name__.encode() + copy.SerializeToString(deterministic=True)


def page_faults(request: Message) -> Sequence[Violation]:
    """Return what is wrong with the page that a request asks for."""
    found: list[Violation] = []
    size, token = request.page_size, request.page_token  # type: ignore[attr-defined]
    for check in (lambda: page_size(size), lambda: token and decode_page_token(token, query=query_bytes(request))):
        try:
            check()
        except InvalidInputError as error:
            found += error.violations
    return found


def page_of(
    items: Sequence[T],
    key: Callable[[T], tuple[str | int | float, ...]],
    request: Message,
    *,
    bad: Sequence[Violation] = (),
) -> tuple[Sequence[T], str]:
    """Return the page that a request asks for of items in the order of their keys, and the token of the next.

    Raises InvalidInputError for a negative page_size, a token of another query, and what else is bad.
    """
    if faults := [*bad, *page_faults(request)]:
        raise InvalidInputError(faults)
    size, token = page_size(request.page_size), request.page_token  # type: ignore[attr-defined]
    query = query_bytes(request)
    after = decode_page_token(token, query=query)
    rest = list(items) if after is None else [i for i in items if _later(key(i), after)]
    page = rest[:size]
    more = len(rest) > size
    return page, encode_page_token(key(page[-1]), query=query) if more else ""


def _later(key: tuple[str | int | float, ...], after: Key) -> bool:
    try:
        return key > tuple(after)
    except TypeError:
        raise InvalidInputError([Violation("page_token", "is not a token of this service")]) from None
