"""The project's own tables of licences and tasks: licenses.csv and tasks.csv in the folder starter."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

from services.models.domain.licenses import LicenseTable
from services.models.domain.model import License, LicenseClass
from services.models.domain.tasks import TaskInfo

FOLDER: Final = Path(__file__).parent / "starter"
_READ: Final = ("licence text", "no text")
"""How a source in the table begins where the note rests on the text, or where there is none to read."""
_UNREAD: Final = "This note was not checked against the licence's text."


@lru_cache
def licenses() -> LicenseTable:
    """Return the table of licences."""
    with (FOLDER / "licenses.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return LicenseTable(
        {row["license_id"]: _license(row) for row in rows},
        {row["license_id"]: [name.strip() for name in row["aliases"].split(";") if name.strip()] for row in rows},
    )


@lru_cache
def tasks() -> Mapping[str, TaskInfo]:
    """Return what is known of each pipeline tag."""
    with (FOLDER / "tasks.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["task"]: TaskInfo(row["task"], row["title"], row["description"], tuple(_split(row["synonyms"])))
            for row in csv.DictReader(file)
        }


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


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
