"""By what ways a model becomes a candidate for a wish: its meaning, its words, its use, its language, its packings."""

from __future__ import annotations

from services.models.domain.filters import ModelFilter
from services.models.domain.ranking import Candidate
from services.models.ingest import pipeline
from services.models.store import search, versions
from tests.models.importing import jsonl_source, record, write

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


async def found(store, *, languages: tuple[str, ...] = (), limit: int = 10) -> dict[str, Candidate]:
    """Return the candidates for one wish by the last part of their ids."""
    pool, chosen = store
    (vector,) = await chosen.fast.embed([WISH])
    state = await versions.read_state(pool)
    sizes = {"counts": state.stated.tasks, "chunk_count": state.chunk_count}
    given = {"table": "vectors_1", "wanted": ModelFilter(), "said": ModelFilter(), "tasks": (TASK,), "nearest": None}
    answer = await search.candidates(
        pool, query=WISH, vector=vector, languages=languages, limit=limit, exact=True, **given, **sizes
    )
    return {c.model_id.partition("/")[2]: c for c in answer.candidates}


async def test_every_way_brings_its_candidates(store, tmp_path):
    pool, chosen = store
    packed = NEAR[0] | {"id": "org/base-AWQ", "cardData": {"base_model": "org/base"}, "card": WISH}
    far = [record(0, **facts, id=f"org/{name}") for name, facts in FAR.items()]
    source = jsonl_source(write(tmp_path / "hub.jsonl", [*NEAR, *far, packed]))
    await pipeline.run(pool, source, fast=chosen.fast)

    plain = await found(store)
    assert plain.keys() >= {"popular", "worded", "base-AWQ", "base"}
    assert plain.keys().isdisjoint({"speaking", "other"})
    assert plain["worded"].words > plain["popular"].words
    assert (await found(store, languages=("fi",))).keys() - plain.keys() == {"speaking"}
    assert len(await found(store, limit=60)) > len(plain) > search.NEAR_LEAST
