"""What a catalogue is made of: repositories' contents (revisions), and published sets of them (snapshots)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.packages.domain.package import Facts, Release

MAX_REFUSED: Final = 100
"""Refused entries of a repository that are kept with their reasons; all are counted."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A published set of revisions."""

    snapshot_id: str
    published_at: datetime
    package_count: int
    version_count: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """An entry that an import refused."""

    location: str
    reason: str


@dataclass(frozen=True, slots=True)
class Source:
    """One repository of a snapshot."""

    repository: str
    state: str
    message: str
    revision_id: str | None
    url: str = ""
    content_hash: str = ""
    source: str = ""
    as_of: datetime | None = None
    package_count: int = 0
    version_count: int = 0
    refused: tuple[Refusal, ...] = ()
    refused_count: int = 0


@dataclass(frozen=True, slots=True)
class Revision:
    """One repository's content, to be stored."""

    repository: str
    url: str
    content_hash: str
    source: str
    as_of: datetime
    packages: Sequence[tuple[Facts, Sequence[Release]]]
    """Each chart with its releases, newest first."""
    refused: Sequence[Refusal] = ()
    refused_count: int = 0

    @property
    def revision_id(self) -> str:
        """Id that follows from the content."""
        return revision_id(self.repository, self.content_hash)


def revision_id(repository: str, content_hash: str) -> str:
    """Return the id of a repository's content."""
    return hashlib.sha256(f"{repository}\n{content_hash}".encode()).hexdigest()[:24]
