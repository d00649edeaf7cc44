"""The starter catalogue: charts that matter for AI workloads, with real versions, so the first run needs no network."""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Final

from services.packages.domain.knowledge import Knowledge
from services.packages.domain.package import Basis, Dependency, Facts, Release, Requirements
from services.packages.domain.snapshot import Revision, Source
from services.packages.domain.version import newest, parse_version
from services.packages.knowledge import read_yaml
from services.packages.store import PostgresPackageStore

_HERE: Final = Path(__file__).parent


async def load_starter(store: PostgresPackageStore, knowledge: Knowledge) -> bool:
    """Publish the starter catalogue when there is no snapshot yet or an older starter; tell whether it did.

    A catalogue that was imported is never replaced.
    """
    digest = await asyncio.to_thread(_digest)
    current = await store.current()
    if current is not None:
        sources = await store.sources(current.snapshot_id)
        if any(not s.content_hash.startswith("starter-") or s.content_hash == digest for s in sources):
            return False
    revisions = await asyncio.to_thread(lambda: list(read_starter(knowledge, digest)))
    for revision in revisions:
        await store.add_revision(revision)
    await store.publish([_source(r) for r in revisions])
    return True


def read_starter(knowledge: Knowledge, digest: str = "starter-") -> Iterable[Revision]:
    """Return the curated charts, a revision a repository, by name."""
    by_repository: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for path in sorted(_HERE.glob("*.yaml")):
        for row in read_yaml(path)["charts"]:
            by_repository[row["repository"]].append(row)
    for repository, rows in sorted(by_repository.items()):
        packages = [_read(row) for row in sorted(rows, key=lambda r: r["chart"])]
        known = knowledge.repositories.get(repository)
        as_of = min(f.as_of for f, _ in packages if f.as_of is not None)
        yield Revision(
            repository, known.url if known else "", digest, "curated from public chart indexes", as_of, packages
        )


def _digest() -> str:
    """Return a hash over the curated files."""
    content = hashlib.sha256()
    for path in sorted(_HERE.glob("*.yaml")):
        content.update(path.read_bytes())
    return f"starter-{content.hexdigest()[:16]}"


def _read(row: dict[str, Any]) -> tuple[Facts, list[Release]]:
    dependencies = tuple(Dependency(**d) for d in row.get("dependencies", ()))
    versions = {v["version"]: v for v in row["versions"]}
    ordered = sorted((parse_version(v) for v in versions), reverse=True)
    best = newest(ordered)
    releases = [
        Release(
            version=v.text,
            app_version=versions[v.text].get("app", ""),
            published=_moment(versions[v.text].get("date")),
            prerelease=v.prerelease,
            deprecated=bool(row.get("deprecated")) and v == best,
            kube_version=versions[v.text].get("kube", ""),
            digest=versions[v.text].get("digest", ""),
            dependencies=dependencies if v == best else (),
        )
        for v in ordered
    ]
    stated = row.get("stated_requests")
    facts = Facts(
        repository=row["repository"],
        name=row["chart"],
        release=next(r for r in releases if r.version == best.text),
        version_count=len(releases),
        home=row.get("home", ""),
        requirements=Requirements(**stated, basis=Basis.STATED) if stated else Requirements(),
        source=row["source"],
        as_of=_moment(row["as_of"]),
    )
    return facts, releases


def _moment(day: str | None) -> datetime | None:
    return datetime.combine(date.fromisoformat(day), time(), UTC) if day else None


def _source(revision: Revision) -> Source:
    return Source(
        repository=revision.repository,
        state="ok",
        message="",
        revision_id=revision.revision_id,
        package_count=len(revision.packages),
        version_count=sum(len(r) for _, r in revision.packages),
    )
