"""Answers of the catalogues are kept as long as their snapshot serves."""

from __future__ import annotations

import asyncio
from collections import Counter

import grpc
import pytest

from libs.errors import UnavailableError
from services.orchestrator.__main__ import _warm
from services.orchestrator.catalogs import GrpcCatalogs
from services.orchestrator.catalogs.memory import MAX_KEPT, Memory
from services.orchestrator.domain.planning.asks import ModelAsk, SizingCase, UseOfModel
from stack8s.common.v1 import catalog_pb2
from stack8s.models.v1 import models_service_pb2 as models_pb2


class Catalogue:
    """Answers with how often it was asked. snapshots: what it says of itself, the last again and again."""

    def __init__(self, *snapshots: str | Exception | None) -> None:
        self.snapshots = list(snapshots)
        self.asked = self.looked = 0

    async def snapshot(self) -> str | None:
        self.looked += 1
        await asyncio.sleep(0)
        told = self.snapshots.pop(0) if len(self.snapshots) > 1 else self.snapshots[0]
        if isinstance(told, Exception):
            raise told
        return told

    async def ask(self) -> int:
        self.asked += 1
        await asyncio.sleep(0)
        return self.asked

    def memory(self, *, kept_s: float = -1.0) -> Memory:
        """A memory that looks at the snapshot for every question, or so many seconds after the last look."""
        return Memory(self.snapshot, kept_s=kept_s)


async def test_many_that_ask_at_once_ask_once_for_answer_and_snapshot():
    catalogue = Catalogue("1")
    memory = catalogue.memory(kept_s=30.0)
    assert await asyncio.gather(*(memory.get("question", catalogue.ask) for _ in range(5))) == [1] * 5
    assert await memory.get("another", catalogue.ask) == 2
    assert catalogue.looked == 1


async def test_an_answer_is_kept_for_as_long_as_its_snapshot_serves():
    catalogue = Catalogue("1", "1", "1", "2")
    memory = catalogue.memory()
    assert [await memory.get("question", catalogue.ask) for _ in range(5)] == [1, 1, 1, 2, 2]


@pytest.mark.parametrize("told", [None, UnavailableError("away", retry_after_s=1.0)])
async def test_where_the_snapshot_does_not_tell_answers_are_kept_for_a_moment_only(told):
    catalogue = Catalogue(told)
    memory = catalogue.memory()
    assert [await memory.get("question", catalogue.ask) for _ in range(3)] == [1, 2, 3]
    patient = catalogue.memory(kept_s=30.0)
    assert [await patient.get("question", catalogue.ask) for _ in range(3)] == [4, 4, 4]


async def test_an_answer_that_failed_is_asked_for_again():
    memory, failures = Catalogue("1").memory(kept_s=30.0), [UnavailableError("away", retry_after_s=1.0)]

    async def ask() -> str:
        if failures:
            raise failures.pop()
        return "answer"

    with pytest.raises(UnavailableError):
        await memory.get("question", ask)
    assert await memory.get("question", ask) == "answer"


async def test_what_was_not_wanted_for_longest_is_forgotten_first():
    catalogue = Catalogue("1")
    memory = catalogue.memory(kept_s=30.0)
    for number in range(MAX_KEPT):
        await memory.get(number, catalogue.ask)
    await memory.get(0, catalogue.ask)
    await memory.get("one more", catalogue.ask)
    before = catalogue.asked
    assert await memory.get(0, catalogue.ask) == 1
    assert catalogue.asked == before
    await memory.get(1, catalogue.ask)
    assert catalogue.asked == before + 1


async def test_a_caller_that_leaves_does_not_end_what_others_wait_for():
    catalogue, gate = Catalogue("1"), asyncio.Event()
    memory = catalogue.memory(kept_s=30.0)

    async def ask() -> str:
        await gate.wait()
        return "answer"

    first, second = (asyncio.create_task(memory.get("question", ask)) for _ in range(2))
    await asyncio.sleep(0.01)
    first.cancel()
    gate.set()
    assert await second == "answer"


class ModelsService:
    """Counts what it is asked. snapshot: what it says of itself."""

    def __init__(self) -> None:
        self.snapshot = "1"
        self.asked = Counter[str]()

    async def GetCatalogInfo(self, request: models_pb2.GetCatalogInfoRequest) -> models_pb2.GetCatalogInfoResponse:
        return models_pb2.GetCatalogInfoResponse(info=catalog_pb2.CatalogInfo(snapshot_id=self.snapshot))

    async def SearchModels(self, request: models_pb2.SearchModelsRequest) -> models_pb2.SearchModelsResponse:
        self.asked[request.query] += 1
        return models_pb2.SearchModelsResponse()

    async def EstimateMemory(self, request: models_pb2.EstimateMemoryRequest) -> models_pb2.EstimateMemoryResponse:
        self.asked["memory"] += 1
        return models_pb2.EstimateMemoryResponse(
            estimates=[models_pb2.MemoryEstimate(error="no") for _ in request.cases]
        )


async def test_models_are_searched_and_sized_anew_only_for_a_new_snapshot(monkeypatch):
    async with grpc.aio.insecure_channel("127.0.0.1:1") as channel:
        catalogs = GrpcCatalogs(compute=channel, models=channel, packages=channel)
    service = ModelsService()
    monkeypatch.setattr(catalogs, "_models", service)
    monkeypatch.setattr(catalogs, "_of_models", Memory(catalogs._models_snapshot, kept_s=-1.0))
    case = SizingCase(model_id="a/b", precision="bf16", gpu=None)

    async def ask() -> None:
        await catalogs.search_models(ModelAsk(query="chat"))
        await catalogs.search_models(ModelAsk(query="speech"))
        await catalogs.estimate_memory([case], UseOfModel(method="inference", concurrency=4))

    await ask()
    await ask()
    assert service.asked == {"chat": 1, "speech": 1, "memory": 1}
    await catalogs.estimate_memory([case], UseOfModel(method="inference", concurrency=8))
    assert service.asked["memory"] == 2
    service.snapshot = "2"
    await ask()
    assert service.asked == {"chat": 2, "speech": 2, "memory": 3}


async def test_what_plans_need_is_asked_ahead_until_the_catalogue_answers(monkeypatch):
    tries: list[float] = []

    async def no_sleep(seconds: float) -> None:
        tries.append(seconds)

    class Waking:
        async def warm(self) -> None:
            if len(tries) < 2:
                raise UnavailableError("away", retry_after_s=1.0)

    monkeypatch.setattr(asyncio, "sleep", no_sleep)
    await _warm(Waking())  # type: ignore[arg-type]
    assert len(tries) == 2
