"""A search that was understood: the words that describe it, and the conditions that a package has to meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from services.packages.domain import licence, text
from services.packages.domain.package import Kind, Package

KIND_WORDS: Final = {
    "operator": Kind.OPERATOR, "operators": Kind.OPERATOR, "exporter": Kind.EXPORTER, "exporters": Kind.EXPORTER,
    "crd": Kind.CRDS, "crds": Kind.CRDS, "demo": Kind.DEMO, "ui": Kind.UI, "gui": Kind.UI, "dashboards": Kind.UI,
    "agent": Kind.AGENT, "agents": Kind.AGENT, "plugin": Kind.ADDON, "addon": Kind.ADDON, "library": Kind.LIBRARY,
    "benchmark": Kind.TOOL,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Query:
    """A search, understood."""

    text: str
    """What is left to describe the wish, conditions taken out."""
    names: tuple[str, ...] = ()
    """Words of that text that matter, in order, not stemmed."""
    excluded: frozenset[str] = frozenset()
    """Squashed names of software that must not be the answer."""
    like: frozenset[str] = frozenset()
    """Squashed names of software that the answer is to replace: it must do the same job."""
    excluded_repositories: frozenset[str] = frozenset()
    repositories: frozenset[str] = frozenset()
    """Repositories that the words name: to be preferred."""
    publishers: frozenset[str] = frozenset()
    """The words that name them."""
    families: frozenset[str] = frozenset()
    """Any of these licence families."""
    excluded_families: frozenset[str] = frozenset()
    open_source: bool = False
    permissive: bool = False
    official: bool = False
    maintained: bool = False
    signed: bool = False
    verified: bool = False
    cncf: bool = False
    cncf_level: str = ""
    kinds: frozenset[Kind] = frozenset()
    """Kinds that the words name."""
    excluded_kinds: frozenset[Kind] = frozenset()

    @property
    def conditional(self) -> bool:
        """Whether the sentence states a condition."""
        stated = (self.excluded, self.excluded_repositories, self.families, self.excluded_families, self.excluded_kinds)
        flags = (self.open_source, self.permissive, self.official, self.maintained, self.signed, self.verified)
        return any((*stated, *flags, self.cncf))

    def accepts(self, package: Package) -> bool:
        """Tell whether a package meets the conditions of the sentence."""
        if package.facts.repository in self.excluded_repositories:
            return False
        if package.kind in self.excluded_kinds:
            return False
        if self.excluded and _is_any(package, self.excluded):
            return False
        named = package.licence
        if self.families and not any(licence.in_family(named, f) for f in self.families):
            return False
        if any(licence.in_family(named, f) for f in self.excluded_families):
            return False
        if self.open_source and licence.is_closed(named):
            return False
        if self.permissive and not licence.is_permissive(named):
            return False
        if self.maintained and package.discouraged:
            return False
        if self.official and not package.official:
            return False
        if self.signed and not package.facts.signed:
            return False
        if self.verified and not (package.facts.verified or package.official):
            return False
        return not (self.cncf and not package.cncf_level) and self.cncf_level in ("", package.cncf_level)


def _is_any(package: Package, names: frozenset[str]) -> bool:
    """Tell whether a package is, runs or belongs to one of the named softwares."""
    return not names.isdisjoint(_called((package.facts.name, package.software, *package.aliases)))


@lru_cache(maxsize=16384)
def _called(names: tuple[str, ...]) -> frozenset[str]:
    """Return the names of a package and their words, squashed."""
    return frozenset(text.squash(n) for name in names for n in (name, *text.words(name.replace("-", " "))))


@dataclass(slots=True)
class Lexicon:
    """Names that a query may use, squashed: of software, and of repositories."""

    software: Mapping[str, frozenset[str]]
    """Ids of the software that a name may mean."""
    repositories: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Repositories by their squashed name or publisher, where no software in them has that name."""
    phrases: tuple[str, ...] = ()
    """Names of several words with an "and" in them."""
    hosted: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Roles of services that are run elsewhere, by name: no answers, but what does the same job is one."""
