"""Page sizes and page tokens: opaque, and bound to the query that they belong to (AIP-158)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from typing import Final

from libs.errors import InvalidInputError, Violation

Key = Sequence[str | int | float | None]
"""Sort key of the last row of a page; the next page begins after it."""

_VERSION: Final = 1
_HASH_CHARS: Final = 16


def page_size(requested: int, *, field: str = "page_size", default: int = 50, maximum: int = 500) -> int:
    """Return the page size to use: 0 means the default, above the maximum is cut. Raises InvalidInputError below 0."""
    if requested < 0:
        raise InvalidInputError([Violation(field, f"is {requested}; must be 0 (meaning {default}) to {maximum}")])
    return min(requested or default, maximum)


def _hash(query: bytes) -> str:
    return hashlib.sha256(query).hexdigest()[:_HASH_CHARS]


def encode_page_token(key: Key, *, query: bytes) -> str:
    """Return the token of the page after key. query is whatever bytes tell this query from others."""
    packed = json.dumps([_VERSION, _hash(query), list(key)], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")


def decode_page_token(token: str, *, query: bytes, field: str = "page_token") -> list[str | int | float | None] | None:
    """Return the key in a token, None for the first page. Raises InvalidInputError for a token of another query."""
    if not token:
        return None
    try:
        packed = json.loads(base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True))
        version, query_hash, key = packed
    except (binascii.Error, ValueError, TypeError, RecursionError):
        raise _bad(field, "is not a token of this service; pass next_page_token of the page before") from None
    plain = isinstance(key, list) and all(part is None or isinstance(part, str | int | float) for part in key)
    if version != _VERSION or not plain:
        raise _bad(field, "is of another version of this service; begin again without a token")
    if query_hash != _hash(query):
        raise _bad(field, "belongs to another query; repeat the query that it came from, or begin without a token")
    return list(key)


def _bad(field: str, description: str) -> InvalidInputError:
    return InvalidInputError([Violation(field, description)])
