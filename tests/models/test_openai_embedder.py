"""The embedder of an OpenAI-compatible endpoint, against a local server that speaks the protocol."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import openai
import pytest

from services.models.embed.base import EmbedderError
from services.models.embed.cache import CachedEmbedder
from services.models.embed.openai import OpenAiEmbedder
from tests.support.http import Handler, served

DIMENSION = 8


class Endpoint:
    """Answers with a vector that tells the text's length, items in reverse order; fails as often as it is told to."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.dimensions: set[int | None] = set()
        self.failures = 0
        self.status = 503
        self.url = ""


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    state = Endpoint()

    class Embeddings(Handler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if state.failures:
                state.failures -= 1
                self.answer_json(state.status, {"error": {"message": "busy"}})
                return
            state.asked.append(body["input"])
            state.dimensions.add(body.get("dimensions"))
            data = [
                {"object": "embedding", "index": i, "embedding": [float(len(text)), 1.0] + [0.0] * (DIMENSION - 2)}
                for i, text in enumerate(body["input"])
            ]
            self.answer_json(200, {"object": "list", "model": body["model"], "data": data[::-1], "usage": {}})

        def answer_json(self, status: int, body: object) -> None:
            headers = {"Content-Type": "application/json", "Retry-After-Ms": "1"}
            self.answer(status, json.dumps(body).encode(), headers)

    with served(Embeddings) as address:
        state.url = f"{address}/v1"
        yield state


async def test_texts_are_embedded_in_batches_and_come_back_in_their_order(endpoint: Endpoint):
    endpoint.failures = 2
    texts = ["x" * n for n in range(300)]
    async with openai.AsyncOpenAI(api_key="k", base_url=endpoint.url, max_retries=3) as client:
        vectors = await OpenAiEmbedder(client, model="text-embedding-3-small", dimension=DIMENSION).embed(texts)
    assert [len(batch) for batch in endpoint.asked] == [256, 44]
    assert vectors.shape == (300, DIMENSION)
    assert endpoint.dimensions == {DIMENSION}
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(300), abs=1e-5)
    assert (vectors[1:, 0] / vectors[1:, 1]).round(2).tolist() == pytest.approx(
        [max(n, 1) for n in range(1, 300)], 0.01
    )


async def test_a_wish_that_was_asked_before_is_not_embedded_again(endpoint: Endpoint):
    async with openai.AsyncOpenAI(api_key="k", base_url=endpoint.url) as client:
        embedder = CachedEmbedder(OpenAiEmbedder(client, model="m", dimension=DIMENSION), capacity=2)
        first = await embedder.embed(["a", "bb", "a"])
        again = await embedder.embed(["bb", "a"])
        await embedder.embed(["ccc"])
    assert endpoint.asked == [["a", "bb"], ["ccc"]]
    assert np.array_equal(first[0], first[2])
    assert np.array_equal(again, first[[1, 0]])


@pytest.mark.parametrize("status", [401, 429, 500])
async def test_a_failure_says_which_embedder_failed(endpoint: Endpoint, status: int):
    endpoint.failures, endpoint.status = 9, status
    async with openai.AsyncOpenAI(api_key="k", base_url=endpoint.url, max_retries=1) as client:
        with pytest.raises(EmbedderError, match=r"embeds with m fails: .*busy"):
            await OpenAiEmbedder(client, model="m", dimension=DIMENSION).embed(["a"])


async def test_an_endpoint_that_is_not_there_fails_alike():
    async with openai.AsyncOpenAI(api_key="k", base_url="http://127.0.0.1:9/v1", max_retries=0) as client:
        with pytest.raises(EmbedderError, match="embeds with m fails"):
            await OpenAiEmbedder(client, model="m", dimension=DIMENSION).embed(["a"])


async def test_other_models_are_asked_for_no_dimension_and_a_wrong_one_is_told(endpoint: Endpoint):
    async with openai.AsyncOpenAI(api_key="k", base_url=endpoint.url) as client:
        with pytest.raises(EmbedderError, match=f"has {DIMENSION} dimensions, not 768.*DIMENSION={DIMENSION}"):
            await OpenAiEmbedder(client, model="nomic-embed", dimension=768).embed(["a"])
    assert endpoint.dimensions == {None}
