"""Models for the tests: of the facts that matter there, or of a record in the Hub's shape."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from services.models.domain.model import Model
from services.models.ingest import starter

READER = starter.record_reader()
AS_OF = datetime(2026, 11, 1, tzinfo=UTC)


def model(**facts: Any) -> Model:
    return Model(**{"model_id": "owner/name", "source": "a listing", "as_of": AS_OF, **facts})


def read(record: Mapping[str, Any], card: str = "") -> Model:
    return READER.model(record, card=card, source="test", as_of=AS_OF)
