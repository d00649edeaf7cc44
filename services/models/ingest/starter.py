"""The project's own starter set: models.jsonl, licenses.csv and tasks.csv in the folder starter."""

from __future__ import annotations

import csv
import json
from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from services.models.domain.licenses import LicenseTable
from services.models.domain.model import (
    SUMMARY_CHARS,
    Architecture,
    License,
    LicenseClass,
    Model,
    Quantization,
    Relation,
    Requirement,
)
from services.models.domain.tasks import TaskInfo
from services.models.domain.weighing import weighing
from services.models.ingest.card import summary
from services.models.ingest.hub_record import RecordReader
from services.models.ingest.source import Batch, Raw, digest

FOLDER: Final = Path(__file__).parent.parent / "starter"
NAME: Final = "stack8s starter catalogue"
_READ: Final = ("licence text", "no text")
"""How a source in the table begins where the note rests on the text, or where there is none to read."""
_UNREAD: Final = "This note was not checked against the licence's text."


@lru_cache
def licenses(folder: Path = FOLDER) -> LicenseTable:
    """Return the table of licences."""
    with (folder / "licenses.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return LicenseTable(
        {row["license_id"]: _license(row) for row in rows},
        {row["license_id"]: [name.strip() for name in row["aliases"].split(";") if name.strip()] for row in rows},
    )


@lru_cache
def tasks(folder: Path = FOLDER) -> Mapping[str, TaskInfo]:
    """Return what is known of each pipeline tag."""
    with (folder / "tasks.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["task"]: TaskInfo(row["task"], row["title"], row["description"], tuple(_split(row["synonyms"])))
            for row in csv.DictReader(file)
        }


def record_reader() -> RecordReader:
    """Return what reads records in the Hub's shape by the tables of licences and tasks."""
    return RecordReader(licenses(), frozenset(tasks()))


@lru_cache
def models(folder: Path = FOLDER) -> Mapping[str, Model]:
    """Return the starter models by id: they fill in dimensions that the Hub's listing does not state."""
    lines = (folder / "models.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    return {r["model_id"]: model_from_starter(r, card=r.get("card", ""), table=licenses(folder)) for r in records}


class StarterSource:
    """The starter models, one batch: they are few."""

    name = NAME

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        files = [folder / name for name in ("models.jsonl", "licenses.csv")]
        self.key = f"starter {digest(weighing(), *(f.read_bytes() for f in files)).hex()}"

    async def batches(self, cursor: str) -> AsyncGenerator[Batch]:
        """Yield all of them, unless they have been read."""
        if cursor:
            return
        lines = (self._folder / "models.jsonl").read_text(encoding="utf-8").splitlines()
        yield Batch(tuple(_raw(i, json.loads(line)) for i, line in enumerate(lines, 1)), cursor="end", position=1.0)

    def convert(self, raw: Raw, card: str) -> Model:
        """Return the model of a line. Raises ValueError for one that is not of the schema."""
        return model_from_starter(raw.data, card=card, table=licenses(self._folder))


def model_from_starter(record: Mapping[str, Any], *, card: str, table: LicenseTable) -> Model:
    """Return the model of a line in the starter's schema."""
    known = table.find(record["license"])
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


def _raw(number: int, record: dict[str, Any]) -> Raw:
    card = str(record.get("card", ""))

    async def load() -> str:
        return card

    return Raw(f"models.jsonl line {number}", str(record["model_id"]), record, digest(card), load)


def _license(row: Mapping[str, str]) -> License:
    conditions = row["conditions"].strip()
    note = row["note"].strip()
    if conditions and conditions.lower() not in note.lower():
        note = f"{note} Conditions: {conditions}."
    return License(
        license_id=row["license_id"],
        title=row["name"],
        license_class=LicenseClass[row["class"].upper()],
        note=note if row["source"].startswith(_READ) else f"{note} {_UNREAD}",
        open_source=row["open_source"] == "true",
    )


def _day(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
