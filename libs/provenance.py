"""Where a fact comes from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Provenance:
    """The record of a catalogue snapshot that states a fact."""

    catalog: str
    """compute, models or packages."""
    snapshot_id: str
    as_of: datetime
    """When the source last stated the fact (UTC, aware)."""
    source: str
    """The public source, in words or as an address."""
    record_id: str
