"""Models that sizing keeps in memory: read ahead, anew where the catalogue has changed, alike ones sized once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio

from services.models import sizing
from services.models.answer_sizing import memory_answer
from services.models.convert_sizing import asked_from_proto
from services.models.domain.model import Model
from services.models.domain.sizing import Question
from services.models.known import KnownModels
from services.models.sizing import Questions, groups
from services.models.store import catalog, versions
from stack8s.models.v1 import sizing_pb2
from stack8s.models.v1.models_service_pb2 import SizingCase
from tests.models.conftest import Generated
from tests.models.sized import H100, known_of

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def known(generated: Generated) -> AsyncIterator[KnownModels]:
    models = KnownModels(generated.running.pool)
    yield models
    await models.close()


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids that have been looked up to size them."""
    ids: list[str] = []
    find = catalog.find_to_size

    async def noted(pool: Any, wanted: Any) -> Any:
        ids.extend(wanted)
        return await find(pool, wanted)

    monkeypatch.setattr(catalog, "find_to_size", noted)
    return ids


async def test_models_read_ahead_are_not_looked_up_when_they_are_asked_for(
    generated: Generated, known: KnownModels, read: list[str]
) -> None:
    await known.read_ahead()
    assert set(read) >= generated.models.keys()
    read.clear()
    found = await known.find(generated.models.keys())
    assert found.keys() == generated.models.keys()
    assert read == []


async def test_a_model_read_ahead_is_what_it_is_when_looked_up(generated: Generated, known: KnownModels) -> None:
    looked_up = await KnownModels(generated.running.pool)._read(sorted(generated.models))
    await known.read_ahead()
    assert await known.find(generated.models.keys()) == looked_up


async def test_models_are_read_anew_once_another_snapshot_answers(
    generated: Generated, known: KnownModels, read: list[str]
) -> None:
    pool, some = generated.running.pool, sorted(generated.models)[:3]
    before = await versions.snapshot_id(pool)
    await known.read_ahead()
    read.clear()
    try:
        await pool.execute("UPDATE catalog SET snapshot_id = 'another'")
        found = await known.find(some)
        assert {one.provenance.snapshot_id for one in found.values()} == {"another"}
        await known.read_ahead()
        assert set(read) >= generated.models.keys()
    finally:
        await pool.execute("UPDATE catalog SET snapshot_id = $1", before)


async def test_what_an_outage_keeps_from_being_read_ahead_is_read_once_models_are_asked_for(
    generated: Generated, known: KnownModels, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> Any:
        raise ConnectionError

    with monkeypatch.context() as outage:
        outage.setattr(versions, "snapshot_id", away)
        await known.read_ahead()
    with monkeypatch.context() as outage:
        outage.setattr(catalog, "most_downloaded", away)
        await known.read_ahead()
    assert read == []
    await known.find(sorted(generated.models)[:1])
    await known.read_ahead()
    assert set(read) >= generated.models.keys()


async def test_a_version_that_changes_no_record_leaves_models_as_they_are(
    generated: Generated, known: KnownModels, read: list[str]
) -> None:
    await known.read_ahead()
    read.clear()
    await generated.running.pool.execute("UPDATE catalog SET version = version + 1")
    await known.find(generated.models.keys())
    assert read == []


def _model(model_id: str, **fields: Any) -> Model:
    stated = {"task": "text-generation", "parameters": 8_030_000_000, "as_of": datetime(2026, 11, 1, tzinfo=UTC)}
    return Model(**{"model_id": model_id, **stated, **fields})


async def test_models_that_sizing_cannot_tell_apart_are_one_question_and_each_keeps_its_source() -> None:
    ids = ("owner/tuned-1", "owner/tuned-2")
    models = {i: known_of(_model(i, source=f"source of {i}", likes=n)) for n, i in enumerate(ids)}
    asked = asked_from_proto([SizingCase(model_id=i, gpu=H100) for i in ids], need_gpu=False)
    (group,) = groups(asked, models, Questions())
    assert group.places == [0, 1]
    first, second = memory_answer([group], asked).estimates
    assert [e.provenance.source for e in (first, second)] == [f"source of {i}" for i in ids]
    assert [e.provenance.record_id for e in (first, second)] == list(ids)
    second.provenance.CopyFrom(first.provenance)
    assert first == second


async def test_questions_on_training_make_room_for_each_other_and_leave_those_on_serving(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sizing, "_TRAINING_KEPT", 2)
    questions, traits = Questions(), known_of(_model("owner/tuned")).traits
    use = sizing_pb2.Usage

    def ask(usage: sizing_pb2.Usage) -> Question:
        (asked,) = asked_from_proto([SizingCase(model_id="owner/tuned", usage=usage)], need_gpu=False)
        return questions.of(asked, traits)

    trained = [use(workload=sizing_pb2.WORKLOAD_TRAIN_LORA, lora_rank=rank) for rank in (8, 16, 32)]
    served, first = ask(use()), ask(trained[0])
    assert ask(trained[0]) is first
    for usage in trained[1:]:
        ask(usage)
    assert ask(trained[0]) is not first
    assert ask(use()) is served
