"""A stack to fill: what it is for, and what was chosen."""

from __future__ import annotations

from dataclasses import dataclass

from services.packages.domain.package import Package
from services.packages.domain.roles import Scalar, Scale, When
from services.packages.domain.text import squash

SMALL_CONCURRENCY = 20
"""Up to so many requests in flight a stack counts as small."""
MEDIUM_CONCURRENCY = 200


@dataclass(frozen=True, slots=True)
class RoleRequest:
    """A role to fill."""

    role: str
    wanted: str = ""
    """Software that the user named for it; empty means choose."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a stack is for. Empty means not known."""

    task: str = ""
    domain: str = ""
    concurrency: int = 0
    compliance: tuple[str, ...] = ()
    gpu_vendor: str = ""
    installed: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    high_availability: bool = False
    kube_version: str = ""

    @property
    def scale(self) -> Scale | None:
        """How large it is by its requests in flight; None where they are unknown."""
        if self.concurrency <= 0:
            return None
        if self.concurrency <= SMALL_CONCURRENCY:
            return "small"
        return "medium" if self.concurrency <= MEDIUM_CONCURRENCY else "large"

    def meets(self, when: When, *, roles: frozenset[str]) -> bool:
        """Tell whether the stack meets conditions; roles are those asked for."""
        return (
            (not when.task or self.task in when.task)
            and (not when.domain or self.domain in when.domain)
            and (not when.gpu_vendor or self.gpu_vendor in when.gpu_vendor)
            and (not when.scale or self.scale in when.scale)
            and (not when.compliance or not set(when.compliance).isdisjoint(self.compliance))
            and (not when.installed or not {squash(n) for n in when.installed}.isdisjoint(map(squash, self.installed)))
            and (when.high_availability is None or when.high_availability == self.high_availability)
            and (not when.with_roles or not roles.isdisjoint(when.with_roles))
            and roles.isdisjoint(when.without_roles)
        )


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another chart for a role."""

    package: Package
    difference: str


@dataclass(frozen=True, slots=True)
class Connection:
    """How a component uses a neighbour."""

    role: str
    description: str
    service: str = ""
    port: int = 0
    secret: str = ""
    value_path: str = ""


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a chart."""

    path: str
    value: Scalar


@dataclass(frozen=True, slots=True)
class SecretNeed:
    """A Secret that the user makes."""

    name: str
    keys: tuple[str, ...]
    description: str


@dataclass(frozen=True, slots=True)
class CompanionChart:
    """A chart that is installed with a component."""

    package: Package
    release: str
    namespace: str
    description: str
    values: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Component:
    """What fills a role."""

    role: str
    package: Package | None = None
    why: str = ""
    alternatives: tuple[Alternative, ...] = ()
    connections: tuple[Connection, ...] = ()
    values: tuple[Value, ...] = ()
    namespace: str = ""
    release: str = ""
    secrets: tuple[SecretNeed, ...] = ()
    after_roles: tuple[str, ...] = ()
    companions: tuple[CompanionChart, ...] = ()
    already_installed: bool = False
    notes: tuple[str, ...] = ()
    """What is left to the user to fill in or to know."""
    error: str = ""
    """Why nothing was chosen; empty when a chart was."""
    refused: tuple[str, ...] = ()
    """Charts that would do but for what the user does not want, where nothing was chosen."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two components that do not go together."""

    first: str
    second: str
    description: str


@dataclass(frozen=True, slots=True)
class Stack:
    """The components in the order of the roles asked, and the conflicts that remain."""

    components: tuple[Component, ...]
    conflicts: tuple[Conflict, ...]
