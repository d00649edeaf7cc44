"""What a request must hold: every bad field is named at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol, TypeVar

from libs.errors import InvalidInputError, Violations
from libs.paging import decode_page_token, page_size

MAX_TEXT_BYTES: Final = 65_536
MAX_NAME_CHARS: Final = 200
"""Of ids, titles and owners."""
MAX_REQUEST_ID_CHARS: Final = 128
_MAX_INT: Final = 2**31 - 1

K = TypeVar("K")


class PageRequest(Protocol):
    """A request for one page of a list."""

    page_size: int
    page_token: str


def check_name(bad: Violations, field: str, value: str, *, most: int = MAX_NAME_CHARS) -> None:
    """Note a name that is too long or cannot be stored. An empty one is fine."""
    if len(value) > most:
        bad.add(field, f"has {len(value)} characters; at most {most} are taken")
    if "\0" in value:
        bad.add(field, "contains a NUL character")


def check_id(bad: Violations, field: str, value: str) -> None:
    """Note what cannot be an id that this service gave."""
    if not value:
        bad.add(field, "is empty; must be an id that this service gave")
    check_name(bad, field, value)


def require_id(field: str, value: str) -> None:
    """Raise InvalidInputError for what cannot be an id."""
    bad = Violations()
    check_id(bad, field, value)
    bad.raise_if_any()


def check_text(bad: Violations, field: str, value: str) -> None:
    """Note a message that cannot be read."""
    size = len(value.encode())
    if not value.strip():
        bad.add(field, "is empty; say what you want to run, in your own words")
    elif size > MAX_TEXT_BYTES:
        bad.add(field, f"has {size} bytes; at most {MAX_TEXT_BYTES} can be read, so shorten it or send it in parts")
    if "\0" in value:
        bad.add(field, "contains a NUL character; send text only")


def read_page(bad: Violations, request: PageRequest, *, query: bytes, key: Callable[..., K]) -> tuple[int, K | None]:
    """Return the size of the page that is asked for and the key that it begins after, None for the first page.

    key reads the parts of a token's key; raises ValueError or TypeError for parts that no token of ours has. Raises
    InvalidInputError for everything that is bad, with what was noted before.
    """
    limit, after = 0, None
    try:
        limit = page_size(request.page_size)
    except InvalidInputError as error:
        bad.found += error.violations
    try:
        if parts := decode_page_token(request.page_token, query=query):
            after = key(*parts)
    except InvalidInputError as error:
        bad.found += error.violations
    except (TypeError, ValueError):
        bad.add("page_token", "is not a token of this service; pass next_page_token of the page before")
    bad.raise_if_any()
    return limit, after


def position_key(position: object) -> int:
    """Return the key of lists in order of a number."""
    if not isinstance(position, int) or not 0 <= position <= _MAX_INT:
        raise ValueError(position)
    return position


def time_key(moment: object, id_: object) -> tuple[datetime, str]:
    """Return the key of lists in order of time."""
    after = datetime.fromisoformat(str(moment))
    if after.tzinfo is None or "\0" in str(id_):
        raise ValueError(moment)
    return after, str(id_)
