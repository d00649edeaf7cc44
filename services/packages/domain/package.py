"""Charts as a source states them (Facts) and as the catalogue tells them (Package)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final


class Basis(StrEnum):
    """Where requirements come from."""

    UNKNOWN = "unknown"
    RENDERED = "rendered"
    """Summed over the manifests that the default values render to."""
    STATED = "stated"
    """Summed over what the default values state."""
    CURATED = "curated"


@dataclass(frozen=True, slots=True)
class Requirements:
    """Resources that a chart's defaults request. None where nothing states it."""

    cpus: float | None = None
    memory_gib: float | None = None
    gpus: int | None = None
    storage_gib: float | None = None
    """Persistent volumes, in GiB."""
    basis: Basis = Basis.UNKNOWN


@dataclass(frozen=True, slots=True)
class Dependency:
    """A chart that another brings with it."""

    name: str
    version: str = ""
    """Version range."""
    repository: str = ""
    condition: str = ""
    """Path of the value that switches it."""


@dataclass(frozen=True, slots=True)
class Release:
    """One version of a chart, as its index states it."""

    version: str
    app_version: str = ""
    published: datetime | None = None
    prerelease: bool = False
    deprecated: bool = False
    kube_version: str = ""
    digest: str = ""
    url: str = ""
    dependencies: tuple[Dependency, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """A chart as its source states it: the newest stable release, and what the source says of the chart."""

    repository: str
    name: str
    release: Release
    version_count: int = 1
    description: str = ""
    home: str = ""
    keywords: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    category: str = ""
    licence: str = ""
    library: bool = False
    """A library chart: templates for other charts, nothing to install."""
    official: bool | None = None
    """None where the source does not say."""
    verified: bool = False
    cncf: bool | None = None
    stars: int | None = None
    has_values_schema: bool = False
    signed: bool = False
    crds: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    requirements: Requirements = field(default_factory=Requirements)
    source: str = ""
    """Public source in words or as an address."""
    as_of: datetime | None = None
    """When the source last stated this; None means as its repository."""

    @property
    def record_id(self) -> str:
        """Id of the record within a snapshot."""
        return f"{self.repository}/{self.name}"


class Kind(StrEnum):
    """What sort of thing a chart installs."""

    APPLICATION = "application"
    OPERATOR = "operator"
    AGENT = "agent"
    EXPORTER = "exporter"
    UI = "ui"
    ADDON = "addon"
    TOOL = "tool"
    CRDS = "crds"
    DEMO = "demo"
    LIBRARY = "library"


SATELLITES: Final = frozenset({Kind.EXPORTER, Kind.ADDON, Kind.CRDS, Kind.DEMO, Kind.LIBRARY})
"""Kinds of charts that watch, extend or show software rather than install it."""


class Standing(StrEnum):
    """How well its publisher looks after a chart."""

    MAINTAINED = "maintained"
    SAMPLE = "sample"
    ARCHIVED = "archived"
    FROZEN = "frozen"


@dataclass(frozen=True, slots=True)
class Package:
    """A chart with what the catalogue knows of the software in it."""

    facts: Facts
    repository_url: str
    publisher: str
    about: str
    """What it is, in one sentence."""
    asks: tuple[str, ...]
    """How people ask for it."""
    aliases: tuple[str, ...]
    software: str
    """Id of the software that it runs, such as postgresql; several charts may run the same."""
    group: str
    """Charts of one group are the same package in different repositories."""
    kind: Kind
    category: str
    roles: tuple[str, ...]
    licence: str
    official: bool
    cncf_level: str
    standing: Standing
    preferred: bool
    """The curated choice among the repositories of its group."""
    instead: str
    """Chart that took its place; empty when none did."""
    crds: tuple[str, ...]
    cautions: tuple[str, ...]

    @property
    def key(self) -> tuple[str, str]:
        """Repository and name; unique in a snapshot."""
        return self.facts.repository, self.facts.name

    @property
    def discouraged(self) -> bool:
        """True when another chart should be preferred: deprecated, replaced, archived or frozen."""
        stale = self.standing in (Standing.ARCHIVED, Standing.FROZEN)
        return stale or self.facts.release.deprecated or bool(self.instead)
