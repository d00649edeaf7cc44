"""Sources of invented records for the tests of imports, and what an import left."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from libs.database import Pool
from services.models.embed.base import Embedder, Vectors
from services.models.ingest import starter
from services.models.ingest.hub import HubSource
from services.models.ingest.jsonl import JsonlSource
from services.models.store import catalog
from services.models.store.catalog import Entry
from tests.models.hub_server import FakeHub


def record(number: int, **more: object) -> dict[str, object]:
    return {
        "id": f"org/model-{number}",
        "sha": f"{number:040x}",
        "pipeline_tag": "text-generation",
        "library_name": "transformers",
        "tags": ["text-generation", "license:apache-2.0", "en"],
        "downloads": number * 10,
        "likes": number,
        "gated": False,
        "private": False,
        "safetensors": {"total": 7_000_000_000, "parameters": {"BF16": 7_000_000_000}},
        "config": {"model_type": "llama", "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8},
        **more,
    }


def cards(count: int) -> dict[str, str]:
    return {
        f"org/model-{n}": f"---\nlicense: mit\n---\n# Model {n}\n\nIt writes stories about subject {n}."
        for n in range(count)
    }


def hub_source(hub: FakeHub, **more: object) -> HubSource:
    options = {"token": None, "filters": (), "reader": starter.record_reader(), **more}
    return HubSource(hub.url, **options)


def jsonl_source(file: Path, folder: Path | None = None) -> JsonlSource:
    return JsonlSource(file, cards=folder, reader=starter.record_reader())


def write(file: Path, records: list[dict[str, object]]) -> Path:
    file.write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
    return file


async def ids(pool: Pool) -> set[str]:
    return {r["model_id"] for r in await pool.fetch("SELECT model_id FROM models")}


async def entry(pool: Pool, model_id: str) -> Entry:
    """Return what the catalogue has of a model, which must be there."""
    return await catalog.find(pool, model_id) or pytest.fail(f"{model_id} is not stored")


class Noting:
    """An embedder with a space of its own, beside that of another, that notes what it is asked."""

    def __init__(self, embedder: Embedder) -> None:
        self.space = replace(embedder.space, version="noting", preference=15)
        self.asked: list[str] = []
        self._embedder = embedder

    async def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked.extend(texts)
        return await self._embedder.embed(texts)


async def stop_midway(pool: Pool, running: Coroutine[Any, Any, object]) -> None:
    """Cancel an import once it has staged something."""
    task = asyncio.create_task(running)
    async with asyncio.timeout(30):
        while not await pool.fetchval("SELECT count(*) FROM staged"):  # noqa: ASYNC110 - it happens in the database
            await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
