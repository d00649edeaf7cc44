"""Facts of charts as JSON, as they are kept in the database."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from services.packages.domain.package import Basis, Dependency, Facts, Release, Requirements

_NOT_KEPT: Final = ("repository", "name", "version_count", "release")


def _says_something(value: object) -> bool:
    """Tell whether a field is more than its default; a 0 is."""
    return value is not False and value not in (None, "", ())


def facts_to_json(facts: Facts) -> dict[str, Any]:
    """Return what the database keeps of a chart beside its columns; empty fields are left out."""
    kept = {k: v for k, v in asdict(facts).items() if k not in _NOT_KEPT and _says_something(v)}
    kept["release"] = {k: v for k, v in asdict(facts.release).items() if _says_something(v)}
    if facts.release.published is not None:
        kept["release"]["published"] = facts.release.published.isoformat()
    if facts.as_of is not None:
        kept["as_of"] = facts.as_of.isoformat()
    if facts.requirements == Requirements():
        del kept["requirements"]
    return kept


def facts_from_json(repository: str, name: str, version_count: int, kept: dict[str, Any]) -> Facts:
    """Return the facts that facts_to_json kept."""
    fields = dict(kept)
    release = dict(fields.pop("release"))
    if "published" in release:
        release["published"] = datetime.fromisoformat(release["published"])
    release["dependencies"] = dependencies_from_json(release.get("dependencies"))
    if "as_of" in fields:
        fields["as_of"] = datetime.fromisoformat(fields["as_of"])
    if "requirements" in fields:
        stated = dict(fields["requirements"])
        fields["requirements"] = Requirements(**{**stated, "basis": Basis(stated["basis"])})
    for key in ("keywords", "sources", "crds", "images"):
        if key in fields:
            fields[key] = tuple(fields[key])
    return Facts(repository=repository, name=name, version_count=version_count, release=Release(**release), **fields)


def dependencies_to_json(dependencies: tuple[Dependency, ...]) -> list[dict[str, str]] | None:
    """Return dependencies for a column; None for none."""
    return [asdict(d) for d in dependencies] or None


def dependencies_from_json(kept: list[dict[str, str]] | None) -> tuple[Dependency, ...]:
    """Return the dependencies of a column."""
    return tuple(Dependency(**d) for d in kept or ())
