"""By what ways a model becomes a candidate for a wish: its meaning, its words, its use, its language, its packings."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.models.convert import wish_from_proto
from services.models.domain import gathering
from services.models.domain.ranking import Candidate
from services.models.embed.base import Embedder
from services.models.ingest import pipeline
from services.models.store import search, versions
from services.models.store.versions import State
from services.models.wish import Wish
from stack8s.models.v1.models_service_pb2 import SearchModelsRequest
from tests.bench.models_corpus import LANGUAGES
from tests.models.conftest import Generated
from tests.models.importing import jsonl_source, record, write
from tests.models.test_conditions import SAID
from tests.models.test_search import WISHES, filters

TASK = "text-classification"
WISH = "Sort reviews of customers with zyxomma."
NEAR = [
    record(n, pipeline_tag=TASK, downloads=1_000 + n, card=f"It sorts reviews of customers into good and bad {n}.")
    for n in range(200)
]
ODD = "A page on rye, yeast and the patience that sourdough takes."
FAR = {
    "popular": {"pipeline_tag": TASK, "downloads": 10**7, "card": ODD},
    "speaking": {"pipeline_tag": TASK, "downloads": 1, "tags": ["fi"], "card": ODD},
    "worded": {"pipeline_tag": "translation", "downloads": 1, "card": f"{ODD} It came from the project Zyxomma."},
    "other": {"pipeline_tag": TASK, "downloads": 1, "card": ODD},
    "base": {"pipeline_tag": TASK, "downloads": 1, "card": ODD},
}


async def in_memory(pool, embedder: Embedder, state: State, wish: Wish, tasks, languages) -> dict[str, Candidate]:
    """Return the candidates by id that are found in memory, and by words in the database."""
    (vector,) = await embedder.embed([wish.query])
    worded = await search.worded(pool, query=wish.query, wanted=wish.wanted, said=wish.said)
    gathered = gathering.gather(
        state.scan, vector, wanted=wish.wanted, said=wish.said, tasks=tasks, languages=languages, limit=wish.limit
    )
    assert worded.version == state.version
    return {c.model_id: c for c in gathering.candidates(state.scan, vector, gathered, worded.shares)}


async def in_database(pool, embedder: Embedder, state: State, wish: Wish, tasks, languages) -> dict[str, Candidate]:
    """Return the candidates by id that the database finds when it compares all."""
    (vector,) = await embedder.embed([wish.query])
    answer = await search.candidates(
        pool,
        table="vectors_1",
        query=wish.query,
        vector=vector,
        wanted=wish.wanted,
        said=wish.said,
        tasks=tasks,
        languages=languages,
        counts=state.stated.tasks,
        chunk_count=state.chunk_count,
        limit=wish.limit,
        exact=True,
    )
    assert answer.version == state.version
    return {c.model_id: c for c in answer.candidates}


@pytest.mark.parametrize("way", [in_memory, in_database])
async def test_every_way_brings_its_candidates(store, tmp_path, way):
    pool, chosen = store
    packed = NEAR[0] | {"id": "org/base-AWQ", "cardData": {"base_model": "org/base"}, "card": WISH}
    far = [record(0, **facts, id=f"org/{name}") for name, facts in FAR.items()]
    source = jsonl_source(write(tmp_path / "hub.jsonl", [*NEAR, *far, packed]))
    await pipeline.run(pool, source, fast=chosen.fast)
    state = await versions.read_state(pool, known=[chosen.fast.space.key], most_scan_bytes=2**20)

    async def found(*, languages: tuple[str, ...] = (), limit: int = 10) -> dict[str, Candidate]:
        wish = Wish(WISH, limit=limit)
        answer = await way(pool, chosen.fast, state, wish, (TASK,), languages)
        return {model_id.partition("/")[2]: c for model_id, c in answer.items()}

    plain = await found()
    assert plain.keys() >= {"popular", "worded", "base-AWQ", "base"}
    assert plain.keys().isdisjoint({"speaking", "other"})
    assert plain["worded"].words > plain["popular"].words
    assert (await found(languages=("fi",))).keys() - plain.keys() == {"speaking"}
    assert len(await found(limit=60)) > len(plain) > gathering.NEAR_LEAST


@pytest.mark.asyncio(loop_scope="session")
@given(
    query=st.sampled_from(WISHES),
    wanted=filters,
    said=SAID,
    tasks=st.lists(st.sampled_from(("text-generation", "translation", "text-to-image")), max_size=3, unique=True),
    languages=st.lists(st.sampled_from(LANGUAGES), max_size=2, unique=True),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_memory_finds_the_candidates_that_the_database_finds(
    generated: Generated, query, wanted, said, tasks, languages
):
    running = generated.running
    values, state = await running.searcher.values(), await running.searcher.state()
    wish = wish_from_proto(SearchModelsRequest(query=query, filter=wanted), values)
    said = wish_from_proto(SearchModelsRequest(query=query, filter=said), values).wanted
    asked = (running.pool, running.embedders.fast, state, dataclasses.replace(wish, said=said), tasks, languages)
    ours, theirs = await in_memory(*asked), await in_database(*asked)
    assert ours.keys() == theirs.keys()
    for model_id, candidate in ours.items():
        assert candidate.cosine == pytest.approx(theirs[model_id].cosine, abs=1e-4)
        assert candidate._replace(cosine=0) == theirs[model_id]._replace(cosine=0)
