"""The seam of the importers: one source in, rows of one provider at a time out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from services.compute.domain.integrity import Refusal, Row


class SourceError(Exception):
    """A source, or one provider of it, that cannot be read; the message says why."""


class Importer(Protocol):
    """Reads one kind of source."""

    def providers(self) -> list[str]:
        """Return the providers in the source, sorted by id. Raises SourceError when the source cannot be read."""

    def content_hash(self, provider: str) -> str | None:
        """Return a hash of all that a provider's rows are read from; None when only reading the rows can tell."""

    def rows(self, provider: str) -> Iterator[Row | Refusal]:
        """Yield the provider's prices in the source's order. Raises SourceError when the provider cannot be read."""
