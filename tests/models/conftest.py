"""A models service with a generated catalogue, made once for the tests that only read; an empty one for the others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest_asyncio

from libs.database import Pool
from services.models.domain.filters import ModelFilter
from services.models.domain.model import Model
from services.models.domain.weighing import weights_of
from services.models.embed.choose import Embedders
from services.models.ingest import pipeline
from tests.bench import models_corpus
from tests.models.harness import Models, database, service
from tests.models.importing import jsonl_source
from tests.support.database import create_database, drop_database

MODELS = 1_200


@dataclass(frozen=True)
class Generated:
    """A running service and the models that its catalogue holds."""

    running: Models
    by_index: Models
    """The same catalogue, with no memory for comparing vectors: the HNSW index answers."""
    models: dict[str, Model]

    def accepted(self, wanted: ModelFilter) -> set[str]:
        """Return which models a filter accepts, each with its base at hand."""
        bases = {i: self.models.get(m.base_model) for i, m in self.models.items()}
        return {i for i, m in self.models.items() if wanted.accepts(m, weights_of(m, bases[i]))}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def generated(postgres_url: str, tmp_path_factory) -> AsyncIterator[Generated]:
    """A catalogue of invented models, in the fast space only, large enough that the index is used."""
    file: Path = tmp_path_factory.mktemp("models") / "hub.jsonl"
    models_corpus.write(file, MODELS, passages=2 * MODELS)
    url = await create_database(postgres_url)
    source = jsonl_source(file)
    async with database(url) as (pool, chosen):
        await pipeline.run(pool, source, fast=chosen.fast)
    models = {}
    async for batch in source.batches(""):
        for raw in batch.records:
            model = source.convert(raw, await raw.load_card())
            models[model.model_id] = model
    async with service(url) as running, service(url, scan_mib=0) as by_index:
        yield Generated(running, by_index, models)
    await drop_database(postgres_url, url)


@pytest_asyncio.fixture
async def store(fresh_database_url: str) -> AsyncIterator[tuple[Pool, Embedders]]:
    """An empty catalogue."""
    async with database(fresh_database_url) as opened:
        yield opened
