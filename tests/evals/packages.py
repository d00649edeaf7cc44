"""Package search against queries with known answers, beside PostgreSQL full text as Artifact Hub ranks with it.

python -m tests.evals.packages [--repos FOLDER] [--queries FILE] [--misses]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import json
import os
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from libs.database import Pool, migrate, open_pool
from services.packages.catalogue import Catalogue, View
from services.packages.domain.search import search
from services.packages.embedding import StaticEmbedder
from services.packages.ingest.fetch import Fetcher
from services.packages.ingest.importer import HelmReader, import_all
from services.packages.ingest.report import Report
from services.packages.ingest.sources import find_sources
from services.packages.knowledge import load_knowledge
from services.packages.roles import load_roles
from services.packages.store import MIGRATIONS, SCHEMA, PostgresPackageStore, binary_json
from tests.support.database import create_database, drop_database, postgres

ROOT: Final = Path(__file__).resolve().parents[2]
OWN_QUERIES: Final = Path(__file__).with_name("packages_queries.jsonl")
BARS: Final = {"name": 0.98, "typo": 0.9, "meaning": 0.8, "filtered": 0.8, "negative": 0.9, "preferred": 0.8}
_DEPTH: Final = {"name": 1, "typo": 1, "meaning": 3, "filtered": 3}

_DOCUMENTS: Final = """
CREATE TEMPORARY TABLE documents AS
SELECT s.repository, p.name, setweight(to_tsvector('simple', p.name), 'A') AS names,
       setweight(to_tsvector('simple', coalesce(p.facts->>'description', '') || ' ' || s.repository), 'B')
       || setweight(to_tsvector('simple', coalesce((SELECT string_agg(k, ' ')
              FROM jsonb_array_elements_text(p.facts->'keywords') k), '')), 'C') AS rest,
       coalesce((p.facts->'release'->>'deprecated')::boolean, false) AS deprecated
FROM snapshot_revisions s JOIN packages p USING (revision_id) WHERE s.snapshot_id = $1
"""
_BASELINE: Final = """
WITH asked AS (
    SELECT websearch_to_tsquery('simple', $1) AS exact,
           nullif(
               regexp_replace(websearch_to_tsquery('simple', $1)::text, '''([^'']+)''', '''\\1'':*', 'g'), ''
           )::tsquery AS prefixed
)
SELECT d.repository, d.name FROM documents d, asked
WHERE NOT d.deprecated AND (d.names || d.rest) @@ asked.prefixed
ORDER BY trunc(ts_rank(d.names, asked.prefixed, 2)::numeric, 1)
         + trunc(ts_rank('{.1, .2, .2, 1}', d.rest, asked.exact)::numeric, 1) DESC, d.name, d.repository
LIMIT 3
"""


@dataclass(frozen=True)
class Case:
    """One query and what answers it. An answer is repository/chart, or a chart or a repository alone."""

    kind: str
    query: str
    acceptable: tuple[str, ...]
    preferred: tuple[str, ...]
    unacceptable: tuple[str, ...]


def read_cases(path: Path) -> list[Case]:
    """Return the cases of a file of JSON lines."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    fields = ("acceptable", "preferred", "unacceptable")
    return [Case(r["kind"], r["query"], *(tuple(r.get(f) or ()) for f in fields)) for r in rows]


def among(found: str, answers: Iterable[str]) -> bool:
    """Tell whether repository/chart is one of the answers."""
    repository, _, chart = found.partition("/")
    return any(answer in (found, chart, repository) for answer in answers)


def score(cases: Sequence[Case], find: Callable[[str], Sequence[str]]) -> tuple[dict[str, list[bool]], list[str]]:
    """Return for each measure which cases met it, and a line for each case that did not."""
    measures: dict[str, list[bool]] = defaultdict(list)
    misses: list[str] = []
    for case in cases:
        found = find(case.query)
        if case.kind == "negative":
            met = not found
        else:
            met = any(among(f, case.acceptable) for f in found[: _DEPTH[case.kind]])
            for depth in (1, 3):
                measures[f"{case.kind} @{depth}"].append(any(among(f, case.acceptable) for f in found[:depth]))
        measures[case.kind].append(met)
        if case.preferred:
            measures["preferred"].append(bool(found) and among(found[0], case.preferred))
        if case.unacceptable:
            measures["trap first"].append(bool(found) and among(found[0], case.unacceptable))
        if not met:
            misses.append(f"{case.kind}: {case.query!r} found {list(found[:3])}")
    return measures, misses


@contextlib.asynccontextmanager
async def imported(folder: Path) -> AsyncIterator[tuple[View, Pool]]:
    """Yield the catalogue of a folder of repositories, imported into a database of its own."""
    with postgres() as server:
        url = await create_database(server)
        pool = await open_pool(url, schema=SCHEMA, init=binary_json, max_size=4)
        try:
            await migrate(pool, MIGRATIONS, schema=SCHEMA)
            store = PostgresPackageStore(pool)
            sources = find_sources(str(folder))
            with ThreadPoolExecutor(1) as threads:
                async with Fetcher() as fetcher:
                    reader = HelmReader(store, fetcher, threads)
                    reads = [(s.repository, partial(reader.read, s)) for s in sources]
                    await import_all(store, reads, Report(len(reads), io.StringIO()))
            catalogue = Catalogue(store, load_knowledge(), load_roles().values(), StaticEmbedder())
            await catalogue.refresh()
            yield catalogue.view, pool
        finally:
            await pool.close()
            await drop_database(server, url)


async def baseline(pool: Pool, view: View, cases: Sequence[Case]) -> dict[str, list[str]]:
    """Return what full text finds for each query, as Artifact Hub ranks it without stars and badges."""
    found: dict[str, list[str]] = {}
    async with pool.acquire() as connection:
        await connection.execute(f"SET search_path = {SCHEMA}, public")
        await connection.execute("DROP TABLE IF EXISTS documents")
        await connection.execute(_DOCUMENTS.replace("$1", f"'{view.snapshot.snapshot_id}'"))
        for case in cases:
            rows = await connection.fetch(_BASELINE, case.query)
            found[case.query] = [f"{r['repository']}/{r['name']}" for r in rows]
    return found


def table(name: str, ours: dict[str, list[bool]], theirs: dict[str, list[bool]]) -> str:
    """Return the figures of both, a line a measure."""
    lines = [f"{name}", f"{'measure':<14}{'cases':>6}{'ours':>8}{'full text':>11}{'bar':>6}"]
    for measure in sorted(ours):
        values = [sum(m[measure]) / len(m[measure]) for m in (ours, theirs)]
        bar = f"{BARS[measure]:.2f}" if measure in BARS else ""
        lines.append(f"{measure:<14}{len(ours[measure]):>6}{values[0]:>8.3f}{values[1]:>11.3f}{bar:>6}")
    return "\n".join(lines)


async def main(options: argparse.Namespace) -> int:
    """Print the figures; 1 when a bar is missed."""
    missed = False
    async with imported(options.repos) as (view, pool):

        def find(query: str) -> list[str]:
            return ["/".join(hit.package.key) for hit in search(view.index, query, limit=3)]

        for path in options.queries:
            cases = read_cases(path)
            ours, misses = score(cases, find)
            full_text = await baseline(pool, view, cases)
            theirs, _ = score(cases, lambda query: full_text[query])  # noqa: B023
            print(table(path.name, ours, theirs))
            if options.misses:
                print("\n".join(misses))
            missed |= any(sum(m) < BARS[k] * len(m) for k, m in ours.items() if k in BARS)
    return 1 if missed else 0


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Return the options of the command line; by default the development queries and our own."""
    shared = Path(os.environ.get("STACK8S_SHARED", ROOT.parent / "shared"))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repos", type=Path, default=shared / "data" / "packages" / "repos")
    parser.add_argument("--queries", type=Path, action="append")
    parser.add_argument("--misses", action="store_true", help="name the cases that were missed")
    chosen: argparse.Namespace = parser.parse_args(argv)
    chosen.queries = chosen.queries or [shared / "eval" / "package_search" / "queries.jsonl", OWN_QUERIES]
    return chosen


if __name__ == "__main__":
    chosen = parse(sys.argv[1:])
    if not chosen.repos.is_dir():
        print(f"skipped: no repositories at {chosen.repos}; set STACK8S_SHARED or --repos")
        sys.exit(0)
    sys.exit(asyncio.run(main(chosen)))
