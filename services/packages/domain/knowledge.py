"""What the project knows of software and publishers, beside what an index says; and how the two are joined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from services.packages.domain.languages import ENGLISH, Languages
from services.packages.domain.package import Facts, Kind, Package, Standing

CATEGORY_NAMES: Final = {
    "ai": "ai-ml", "ai/ml": "ai-ml", "ai / machine learning": "ai-ml", "ai-machine-learning": "ai-ml",
    "databases": "database", "integration-delivery": "integration", "integration and delivery": "integration",
    "monitoring-logging": "monitoring", "monitoring and logging": "monitoring",
    "streaming-messaging": "messaging", "streaming and messaging": "messaging", "machine learning": "ai-ml",
}  # fmt: skip
"""Other names of categories, as sources state them or people say."""
CATEGORIES: Final = {
    "ai-ml": "AI and machine learning",
    "application": "Applications",
    "database": "Databases",
    "integration": "Integration and delivery",
    "messaging": "Streaming and messaging",
    "monitoring": "Monitoring and logging",
    "networking": "Networking",
    "security": "Security",
    "storage": "Storage",
}


@dataclass(frozen=True, slots=True)
class Software:
    """What one chart deploys, in our own words."""

    about: str = ""
    asks: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    runs: str = ""
    kind: Kind = Kind.APPLICATION
    group: str = ""
    category: str = ""
    roles: tuple[str, ...] = ()
    licence: str = ""
    cncf: str = ""
    instead: str = ""
    prefer: tuple[str, ...] = ()
    """Repositories to prefer, best first."""
    crds: tuple[str, ...] = ()
    retired: str = ""
    cautions: Mapping[str, str] = field(default_factory=dict)
    """What a user must be told of the chart in a repository, by repository."""


@dataclass(frozen=True, slots=True)
class Repository:
    """Who publishes a chart repository."""

    name: str
    url: str = ""
    publisher: str = ""
    official: bool | tuple[str, ...] = False
    """True: the makers of all the software in it publish it; names: of these charts only."""
    standing: Standing = Standing.MAINTAINED
    caution: str = ""

    def makes(self, chart: str) -> bool:
        """Tell whether the makers of the software publish this chart."""
        return self.official if isinstance(self.official, bool) else chart in self.official


@dataclass(frozen=True, slots=True)
class Knowledge:
    """All of it, by name."""

    software: Mapping[str, Software] = field(default_factory=dict)
    """By chart name, or by repository/chart where the repository changes the meaning."""
    repositories: Mapping[str, Repository] = field(default_factory=dict)
    languages: Languages = ENGLISH

    def of(self, facts: Facts) -> Software | None:
        """Return what is known of a chart."""
        return self.software.get(facts.record_id) or self.software.get(facts.name)

    def describe(self, facts: Facts, *, repository_url: str = "") -> Package:
        """Join what a source states with what is known; the source wins where it speaks of this chart itself."""
        software = self.of(facts) or Software(kind=_guess_kind(facts))
        repository = self.repositories.get(facts.repository) or Repository(facts.repository)
        kind = Kind.LIBRARY if facts.library else software.kind
        official = facts.official if facts.official is not None else repository.makes(facts.name)
        return Package(
            facts=facts,
            repository_url=repository.url or repository_url,
            publisher=repository.publisher,
            about=software.about or facts.description,
            asks=software.asks,
            aliases=software.aliases,
            software=software.runs or facts.name,
            group=software.group or f"{software.runs}:{facts.name}",
            kind=kind,
            category=software.category or _category(facts.category),
            roles=software.roles,
            licence=software.licence or facts.licence,
            official=official,
            cncf_level=software.cncf or ("sandbox" if facts.cncf else ""),
            standing=repository.standing,
            preferred=facts.repository in software.prefer,
            instead=software.instead,
            crds=software.crds or facts.crds,
            cautions=_cautions(facts, software, repository),
        )


def _category(name: str) -> str:
    lowered = name.strip().lower()
    found = CATEGORY_NAMES.get(lowered, lowered)
    return found if found in CATEGORIES else ""


def _guess_kind(facts: Facts) -> Kind:
    """Return the kind that a chart's name tells, for charts that nothing is known of."""
    parts = facts.name.lower().split("-")
    if parts[-1] in ("crds", "crd"):
        return Kind.CRDS
    if parts[-1] == "exporter":
        return Kind.EXPORTER
    if parts[-1] == "operator":
        return Kind.OPERATOR
    if parts[-1] in ("demo", "sandbox", "example", "sample"):
        return Kind.DEMO
    if parts[-1] in ("common", "library", "lib"):
        return Kind.LIBRARY
    return Kind.APPLICATION


def _cautions(facts: Facts, software: Software, repository: Repository) -> tuple[str, ...]:
    found: list[str] = []
    if facts.release.deprecated:
        found.append("The publisher marks this chart as deprecated.")
    if software.instead and software.instead != facts.name:
        found.append(f"The chart {software.instead} took its place.")
    if repository.caution:
        found.append(repository.caution)
    elif software.retired:
        found.append(software.retired)
    if facts.repository in software.cautions:
        found.append(software.cautions[facts.repository])
    bitnami = [d.name for d in facts.release.dependencies if "bitnami" in d.repository and d.name != "common"]
    if bitnami and repository.name != "bitnami":
        found.append(
            f"It brings {' and '.join(sorted(set(bitnami)))} from Bitnami, whose free images are gone since "
            "2025-09-29; switch that off and connect your own."
        )
    return tuple(found)
