"""The models of the project's own starter set, as a source of an import and as what completes other sources."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from services.models import tables
from services.models.domain.model import (
    SUMMARY_CHARS,
    Architecture,
    Model,
    Quantization,
    Relation,
    Requirement,
)
from services.models.domain.weighing import weighing
from services.models.ingest.card import summary
from services.models.ingest.hub_record import RecordReader
from services.models.ingest.source import Batch, Raw, digest


def record_reader() -> RecordReader:
    """Return what reads records in the Hub's shape by the tables of licences and tasks."""
    return RecordReader(tables.licenses(), frozenset(tables.tasks()))


@lru_cache
def models() -> Mapping[str, Model]:
    """Return the starter models by id: they fill in dimensions that the Hub's listing does not state."""
    return {r["model_id"]: model_from_starter(r, card=r.get("card", "")) for r in _records()}


class StarterSource:
    """The starter models, one batch: they are few."""

    name = "stack8s starter catalogue"

    def __init__(self) -> None:
        files = [tables.FOLDER / name for name in ("models.jsonl", "licenses.csv")]
        self.key = f"starter {digest(weighing(), *(f.read_bytes() for f in files)).hex()}"

    async def batches(self, cursor: str) -> AsyncGenerator[Batch]:
        """Yield all of them, unless they have been read."""
        if cursor:
            return
        yield Batch(tuple(_raw(i, record) for i, record in enumerate(_records(), 1)), cursor="end", position=1.0)

    def convert(self, raw: Raw, card: str) -> Model:
        """Return the model of a line. Raises ValueError for one that is not of the schema."""
        return model_from_starter(raw.data, card=card)


def model_from_starter(record: Mapping[str, Any], *, card: str) -> Model:
    """Return the model of a line in the starter's schema."""
    known = tables.licenses().find(record["license"])
    if note := record.get("license_note"):
        known = known.model_copy(update={"note": f"{known.note} {note}".strip()})
    quantization = dict(record.get("quantization") or {})
    types = quantization.pop("gguf_types", [])
    dimensions = {k: v for k, v in (record.get("architecture") or {}).items() if k in Architecture.model_fields}
    return Model(
        model_id=record["model_id"],
        task=record["task"],
        extra_tasks=tuple(record.get("extra_tasks", ())),
        library=record.get("library", ""),
        license=known,
        parameters=record.get("parameters"),
        active_parameters=record.get("active_parameters"),
        architecture=Architecture(**dimensions),
        precision=record.get("precision", ""),
        languages=tuple(record.get("languages", ())),
        gated=record.get("gated"),
        base_model=record.get("base_model", ""),
        relation=Relation.__members__.get(record.get("relation", "").upper(), Relation.UNKNOWN),
        quantization=Quantization(**quantization, gguf_type=", ".join(types)) if quantization else None,
        downloads=record.get("downloads"),
        likes=record.get("likes"),
        created=_day(record.get("created")),
        embedding_dimension=record.get("embedding_dimension"),
        max_tokens=record.get("max_tokens"),
        summary=summary(card, limit=SUMMARY_CHARS),
        input_sizes=record.get("input") or {},
        requirements=tuple(Requirement(**r) for r in record.get("memory", ())),
        source=record["source"],
        as_of=_day(record["as_of"]) or datetime.min.replace(tzinfo=UTC),
    )


def _records() -> list[dict[str, Any]]:
    lines = (tables.FOLDER / "models.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _raw(number: int, record: dict[str, Any]) -> Raw:
    card = str(record.get("card", ""))

    async def load() -> str:
        return card

    return Raw(f"models.jsonl line {number}", str(record["model_id"]), record, digest(card), load)


def _day(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None
