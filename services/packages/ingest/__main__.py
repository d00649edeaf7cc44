"""Imports charts: python -m services.packages.ingest --source helm|artifacthub --from PLACE."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
import multiprocessing
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Final

from libs.database import migrate, open_pool
from libs.logging import configure_logging
from services.packages.ingest.artifacthub import DEFAULT_URL, ArtifactHub, list_repositories, read_repository
from services.packages.ingest.fetch import Fetcher, FetchError
from services.packages.ingest.importer import HelmReader, Read, import_all
from services.packages.ingest.oci import read_oci
from services.packages.ingest.report import Report
from services.packages.ingest.requirements import RequirementsFinder
from services.packages.ingest.sources import HelmSource, find_sources
from services.packages.settings import PackagesSettings
from services.packages.store import MIGRATIONS, SCHEMA, PostgresPackageStore, binary_json

WORKERS: Final = 2
"""Processes that parse; more would only need more memory."""


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Return the command line, read."""
    parser = argparse.ArgumentParser(prog="python -m services.packages.ingest", description=__doc__)
    parser.add_argument("--source", choices=("helm", "artifacthub"), required=True)
    parser.add_argument(
        "--from",
        dest="places",
        action="append",
        help="helm: a folder of <repository>/index.yaml, an index file, a repositories.yaml, an http(s) or oci "
        "address; "
        f"artifacthub: the address of the hub (default {DEFAULT_URL}). May be given several times.",
    )
    parser.add_argument("--name", default="", help="name of the repository, where there is only one")
    parser.add_argument("--limit", type=int, help="artifacthub: at most so many packages, most stars first")
    parser.add_argument("--no-details", action="store_true", help="artifacthub: newest versions only, far fewer calls")
    parser.add_argument("--render", action="store_true", help="render chart archives to know what they request")
    parser.add_argument("--replace", action="store_true", help="drop repositories that are not part of this import")
    parser.add_argument("--allow-private", action="store_true", help="follow redirects to private addresses")
    parser.add_argument("--plain-http", action="store_true", help="oci: the registry speaks http")
    parser.add_argument("--json", action="store_true", help="print the report as JSON on standard output")
    return parser.parse_args(argv)


@contextlib.asynccontextmanager
async def opened_store() -> AsyncIterator[PostgresPackageStore]:
    """Yield the store of the configured database, migrated."""
    settings = PackagesSettings()
    pool = await open_pool(settings.database_url.get_secret_value(), schema=SCHEMA, init=binary_json)
    try:
        await migrate(pool, MIGRATIONS, schema=SCHEMA)
        yield PostgresPackageStore(pool)
    finally:
        await pool.close()


async def run(options: argparse.Namespace) -> int:
    """Import and report; 0 when everything was read, 1 when a repository was not, 2 when nothing could be."""
    async with opened_store() as store:
        try:
            importing = _import_hub if options.source == "artifacthub" else _import_helm
            return await importing(store, options)
        except (ValueError, FetchError) as error:
            print(f"nothing was imported: {error}", file=sys.stderr)
            return 2


async def _import_hub(store: PostgresPackageStore, options: argparse.Namespace) -> int:
    places = [p for p in options.places or () if p]
    async with ArtifactHub(*places[:1]) as hub:
        listed = await list_repositories(hub, limit=options.limit)
        details = not options.no_details
        reads: list[tuple[str, Read]] = [
            (name, functools.partial(read_repository, hub, store, name, rows, details=details))
            for name, rows in listed.items()
        ]
        return await _import(store, reads, options)


async def _import_helm(store: PostgresPackageStore, options: argparse.Namespace) -> int:
    sources = [s for place in options.places or () if place for s in find_sources(place, name=options.name)]
    if not sources:
        raise ValueError("--from is missing: a folder, a file or an address")
    twice = [n for n, count in Counter(s.repository for s in sources).items() if count > 1]
    if twice:
        raise ValueError(f"two repositories are named {', '.join(twice)}; import them one by one with --name")
    workers = min(WORKERS, len(sources), os.cpu_count() or 1)
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        async with Fetcher(allow_private=options.allow_private) as fetcher:
            measure = RequirementsFinder(store, fetcher) if options.render else None
            reader = HelmReader(store, fetcher, pool, measure=measure)

            def read_of(source: HelmSource) -> Read:
                if source.url.startswith("oci://"):
                    return functools.partial(
                        read_oci, source.url, repository=source.repository, plain_http=options.plain_http
                    )
                return functools.partial(reader.read, source)

            return await _import(store, [(s.repository, read_of(s)) for s in sources], options)


async def _import(store: PostgresPackageStore, reads: list[tuple[str, Read]], options: argparse.Namespace) -> int:
    if not reads:
        print("nothing was imported: the source lists no charts", file=sys.stderr)
        return 2
    report = Report(total=len(reads), out=sys.stderr)
    snapshot = await import_all(store, reads, report, replace_all=options.replace)
    answering = snapshot.snapshot_id if snapshot is not None else None
    print(report.as_json(answering) if options.json else report.summary(answering))
    if report.nothing_read:
        return 2
    return 1 if report.failed else 0


if __name__ == "__main__":
    configure_logging("WARNING")
    sys.exit(asyncio.run(run(arguments(sys.argv[1:]))))
