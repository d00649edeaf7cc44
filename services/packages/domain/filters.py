"""Facets: conditions that a client states as fields rather than in words."""

from __future__ import annotations

from dataclasses import dataclass

from services.packages.domain.package import Package


@dataclass(frozen=True, slots=True)
class PackageFilter:
    """Empty sets and False do not constrain; all that are set must hold."""

    categories: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    repositories: frozenset[str] = frozenset()
    licences: frozenset[str] = frozenset()
    cncf_levels: frozenset[str] = frozenset()
    official_only: bool = False
    verified_only: bool = False
    include_deprecated: bool = False
    has_values_schema: bool = False
    signed: bool = False

    @property
    def constrains(self) -> bool:
        """Whether any condition is set; what to do with deprecated packages is none."""
        return self != PackageFilter(include_deprecated=self.include_deprecated)

    def accepts(self, package: Package) -> bool:
        """Tell whether a package meets all conditions."""
        facts = package.facts
        return (
            (not self.categories or package.category in self.categories)
            and (not self.roles or not self.roles.isdisjoint(package.roles))
            and (not self.repositories or facts.repository in self.repositories)
            and (not self.licences or package.licence in self.licences)
            and (not self.cncf_levels or package.cncf_level in self.cncf_levels)
            and (not self.official_only or package.official)
            and (not self.verified_only or facts.verified)
            and (not self.has_values_schema or facts.has_values_schema)
            and (not self.signed or facts.signed)
        )
