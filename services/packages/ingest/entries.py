"""Entries of an index as facts and releases: what is taken, what is refused and why."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import yaml

from services.packages.domain.package import Dependency, Facts, Release
from services.packages.domain.snapshot import MAX_REFUSED, Refusal
from services.packages.domain.version import ChartVersion, newest, parse_version

Entry = Mapping[str, Any]
MAX_TEXT: Final = 4000
MAX_KEYWORDS: Final = 40
MAX_DEPENDENCIES: Final = 100
_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,198}[A-Za-z0-9])?")
_IMAGE: Final = re.compile(r"image:\s*[\"']?([^\s\"']+)")


@dataclass(slots=True)
class Refusals:
    """Collects what was refused: all of it counted, the first MAX_REFUSED kept."""

    kept: list[Refusal] = field(default_factory=list)
    count: int = 0

    def add(self, location: str, reason: str) -> None:
        """Note an entry that was refused."""
        self.count += 1
        if len(self.kept) < MAX_REFUSED:
            self.kept.append(Refusal(location[:200], reason[:500]))


def text_of(value: object, *, limit: int = MAX_TEXT) -> str:
    """Return a scalar as text without control characters, cut to a limit; empty for anything else."""
    if not isinstance(value, str):
        return ""
    return "".join(c for c in value if c >= " " or c in "\n\t")[:limit].strip()


def _list_of(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()


def moment_of(value: object) -> datetime | None:
    """Return a time in UTC; None for anything that is none."""
    try:
        moment = datetime.fromisoformat(text_of(value, limit=64))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def flag_of(value: object) -> bool:
    """Return a YAML switch, written bare or quoted."""
    return text_of(value, limit=8).lower() == "true"


def release_of(entry: Entry, version: ChartVersion) -> Release:
    """Return the release that an entry describes; fields of a wrong type count as absent."""
    urls = [text_of(u, limit=2000) for u in _list_of(entry.get("urls"))]
    listed = [d for d in _list_of(entry.get("dependencies")) if isinstance(d, dict)][:MAX_DEPENDENCIES]
    return Release(
        version=version.text,
        app_version=text_of(entry.get("appVersion"), limit=200),
        published=moment_of(entry.get("created")),
        prerelease=version.prerelease,
        deprecated=flag_of(entry.get("deprecated")),
        kube_version=text_of(entry.get("kubeVersion"), limit=200),
        digest=text_of(entry.get("digest"), limit=200),
        url=next((u for u in urls if u), ""),
        dependencies=tuple(
            Dependency(*(text_of(d.get(k), limit=300) for k in ("name", "version", "repository", "condition")))
            for d in listed
            if text_of(d.get("name"))
        ),
    )


def chart_of(
    repository: str, name: str, entries: Sequence[Entry], refusals: Refusals
) -> tuple[Facts, list[Release]] | None:
    """Return a chart and its releases, newest first; None when no entry of it can be used."""
    if not _NAME.fullmatch(name):
        refusals.add(f"entries.{name}", "is not a chart name")
        return None
    found: dict[str, tuple[ChartVersion, Entry]] = {}
    for position, entry in enumerate(entries):
        where = f"entries.{name}[{position}]"
        written = text_of(entry.get("version"), limit=1000)
        if not written:
            refusals.add(where, "has no version")
            continue
        try:
            version = parse_version(written)
        except ValueError as error:
            refusals.add(where, str(error))
            continue
        if version.text in found:
            refusals.add(where, f"repeats version {version.text}; the first one counts")
            continue
        found[version.text] = version, entry
    if not found:
        return None
    ordered = sorted((v for v, _ in found.values()), reverse=True)
    best = newest(ordered)
    releases = [release_of(found[v.text][1], v) for v in ordered]
    chosen = next(r for r in releases if r.version == best.text)
    return facts_of(repository, name, found[best.text][1], chosen, len(releases)), releases


def facts_of(repository: str, name: str, entry: Entry, release: Release, version_count: int) -> Facts:
    """Return what the newest entry of a chart states of it."""
    stated = entry.get("annotations")
    annotations: Entry = stated if isinstance(stated, dict) else {}

    def note(key: str) -> str:
        return text_of(annotations.get(f"artifacthub.io/{key}"), limit=20_000)

    keywords = [text_of(k, limit=100) for k in _list_of(entry.get("keywords"))]
    return Facts(
        repository=repository,
        name=name,
        release=release,
        version_count=version_count,
        description=text_of(entry.get("description")),
        home=text_of(entry.get("home"), limit=500),
        keywords=tuple(k for k in keywords if k)[:MAX_KEYWORDS],
        sources=tuple(s for v in _list_of(entry.get("sources")) if (s := text_of(v, limit=500)))[:10],
        category=note("category") or text_of(annotations.get("category"), limit=100),
        licence=note("license") or text_of(annotations.get("licenses"), limit=100),
        library=text_of(entry.get("type")) == "library",
        signed=bool(note("signKey")),
        crds=_crds(note("crds")),
        images=tuple(dict.fromkeys(_IMAGE.findall(note("images") or text_of(annotations.get("images"), limit=20_000)))),
    )


def _crds(written: str) -> tuple[str, ...]:
    """Return the names in an annotation that lists custom resource definitions, itself YAML inside a text."""
    if not written or "&" in written or "*" in written:
        return ()
    try:
        listed = yaml.load(written, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return ()
    rows = [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
    return tuple(dict.fromkeys(n for row in rows[:100] if (n := text_of(row.get("name"), limit=300))))
