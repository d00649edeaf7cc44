"""`make eval-models`: how well the service finds models for wishes in plain words, beside BM25 and plain vectors.

The corpus is ingested by the real importer and asked over gRPC, without popularity. Records are JSON lines with `id`,
`domain` and `card`; wishes with `query`, `relevant` (the id) and `domain`. models_queries.jsonl holds 64 wishes of our
own, for records that none of the corpus' wishes asks for. The figures of sizing follow.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from services.models.embed.base import Embedder
from services.models.ingest import pipeline, starter
from services.models.ingest.jsonl import JsonlSource
from stack8s.models.v1.models_service_pb2 import SearchModelsRequest
from tests.models.harness import Models, database, service
from tests.support.database import create_database, drop_database, postgres

Rankings = Sequence[Sequence[str]]
OWN = Path(__file__).with_name("models_queries.jsonl")


def scores(wishes: Sequence[Mapping[str, Any]], rankings: Rankings, domains: Mapping[str, str]) -> dict[str, float]:
    """Return the shares of wishes with the exact model, and with a model of its domain, among the first results."""
    found: Counter[str] = Counter()
    for wish, ids in zip(wishes, rankings, strict=True):
        for depth in (1, 5, 10):
            found[f"exact@{depth}"] += wish["relevant"] in ids[:depth]
        for depth in (1, 3):
            found[f"domain@{depth}"] += wish["domain"] in {domains[i] for i in ids[:depth] if i in domains}
    return {name: found[name] / len(wishes) for name in ("exact@1", "exact@5", "exact@10", "domain@1", "domain@3")}


def bm25(cards: Mapping[str, str], queries: Sequence[str], *, k1: float = 1.5, b: float = 0.75) -> Rankings:
    """Return the ids ranked by BM25 (Robertson and Zaragoza, 2009), for comparison."""
    bags = {i: Counter(re.findall(r"[a-z0-9]+", card.lower())) for i, card in cards.items()}
    lengths = {i: sum(bag.values()) for i, bag in bags.items()}
    mean = sum(lengths.values()) / len(lengths)
    counts = Counter(word for bag in bags.values() for word in bag)
    weight = {w: math.log(1 + (len(bags) - n + 0.5) / (n + 0.5)) for w, n in counts.items()}

    def score(words: set[str], i: str) -> float:
        bag = bags[i]
        norm = k1 * (1 - b + b * lengths[i] / mean)
        return sum(weight[w] * bag[w] * (k1 + 1) / (bag[w] + norm) for w in words if w in bag)

    rankings = []
    for query in queries:
        words = set(re.findall(r"[a-z0-9]+", query.lower()))
        rankings.append(sorted(bags, key=lambda i: (-score(words, i), i))[:10])
    return rankings


async def by_vector(embedder: Embedder, cards: Mapping[str, str], queries: Sequence[str]) -> Rankings:
    """Return the ids ranked by cosine alone, for comparison."""
    ids = list(cards)
    passages, wishes = await embedder.embed(list(cards.values())), await embedder.embed(queries)
    return [[ids[i] for i in np.argsort(-row, kind="stable")[:10]] for row in wishes @ passages.T]


async def by_service(models: Models, queries: Sequence[str], *, exact: bool) -> Rankings:
    """Return the ids that SearchModels answers, by relevance alone."""
    rankings = []
    for query in queries:
        request = SearchModelsRequest(query=query, page_size=10, relevance_weight=1.0, keep_variants=True, exact=exact)
        answer = await models.stub.SearchModels(request)
        rankings.append([r.model.model_id for r in answer.results])
    return rankings


def read(file: Path) -> list[dict[str, Any]]:
    """Return the objects of a file of JSON lines."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


async def search(corpus: Path, queries: Sequence[Path]) -> None:
    """Print the figures of search, for each file of wishes."""
    records, files = read(corpus), [read(file) for file in queries]
    cards = {r["id"]: r["card"] for r in records}
    domains = {r["id"]: r["domain"] for r in records}
    texts = [w["query"] for wishes in files for w in wishes]
    print(f"{len(records)} models, {len(texts)} wishes")
    with postgres() as server:
        url = await create_database(server)
        try:
            async with database(url) as (pool, chosen):
                began = time.monotonic()
                source = JsonlSource(corpus, cards=None, reader=starter.record_reader())
                outcome = await pipeline.run(pool, source, fast=chosen.fast, better=chosen.better)
                print(f"ingested {outcome.progress.seen} records in {time.monotonic() - began:.1f} s")
            async with service(url) as models:
                rows = {
                    "BM25": bm25(cards, texts),
                    "vectors, static": await by_vector(chosen.fast, cards, texts),
                    "vectors, MiniLM": await by_vector(chosen.minilm, cards, texts),
                    "SearchModels": await by_service(models, texts, exact=False),
                    "SearchModels, exact": await by_service(models, texts, exact=True),
                }
        finally:
            await drop_database(server, url)
    start = 0
    for file, wishes in zip(queries, files, strict=True):
        print(f"\n{file.name}: {len(wishes)} wishes")
        for name, rankings in rows.items():
            figures = scores(wishes, rankings[start : start + len(wishes)], domains)
            print(f"{name:<22}" + "  ".join(f"{k} {v:.3f}" for k, v in figures.items()))
        start += len(wishes)


def main() -> None:
    """Read the arguments and print the figures."""
    shared = Path(os.environ.get("STACK8S_SHARED", Path(__file__).resolve().parents[2].parent / "shared"))
    folder = shared / "eval" / "model_search"
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, default=folder / "corpus.jsonl")
    parser.add_argument("--queries", type=Path, nargs="+", default=[folder / "queries.jsonl", OWN])
    parser.add_argument("--only", choices=("search", "sizing"), help="print one part")
    arguments = parser.parse_args()
    if arguments.only != "sizing":
        if arguments.corpus.is_file() and all(file.is_file() for file in arguments.queries):
            asyncio.run(search(arguments.corpus, arguments.queries))
        else:
            print(f"search: skipped, no cases at {arguments.corpus}")
    if arguments.only != "search":
        subprocess.run([sys.executable, "-m", "tests.evals.sizing"], check=True)


if __name__ == "__main__":
    main()
