"""Roles of a stack: which charts can fill them, when each fits and how they connect. The files are in ../roles."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

_STRICT = ConfigDict(extra="forbid")
Scalar = bool | int | float | str
Values = dict[str, Scalar]
"""Values of a chart by dotted path; a dot inside a key is escaped by a backslash."""
Scale = Literal["small", "medium", "large"]


@dataclass(frozen=True, config=_STRICT)
class When:
    """Conditions on a stack; all that are stated must hold, of a list any."""

    task: tuple[str, ...] = ()
    domain: tuple[str, ...] = ()
    gpu_vendor: tuple[str, ...] = ()
    scale: tuple[Scale, ...] = ()
    compliance: tuple[str, ...] = ()
    high_availability: bool | None = None
    installed: tuple[str, ...] = ()
    """Software that is there already."""
    with_roles: tuple[str, ...] = ()
    """Roles that are asked for in the same stack."""
    without_roles: tuple[str, ...] = ()
    """Roles that are not asked for in it; of these all."""


@dataclass(frozen=True, config=_STRICT)
class Rule:
    """What speaks for or against a candidate under a condition."""

    when: When
    points: int
    """One point outweighs one place in the order of candidates."""
    because: str


@dataclass(frozen=True, config=_STRICT)
class Service:
    """How neighbours reach a component in the cluster."""

    name: str
    port: int
    path: str = ""
    namespace: str = ""
    """Where it is; empty means with its release."""
    secret: str = ""
    """Secret with the credentials."""
    database: str = ""
    username: str = ""
    username_key: str = ""
    password_key: str = ""


@dataclass(frozen=True, config=_STRICT)
class ValuesWhen:
    """Values that hold under a condition."""

    when: When
    set: Values


@dataclass(frozen=True, config=_STRICT)
class Note:
    """What is left to the user under a condition: a value to fill in, a thing to know."""

    text: str
    when: When = field(default_factory=When)


@dataclass(frozen=True, config=_STRICT)
class Connect:
    """How a component uses a neighbour."""

    role: str
    text: str
    """Sentence; {name}, {service}, {port}, {path} and {secret} are the neighbour's."""
    value: str = ""
    """Path of the value that takes the address."""
    port_value: str = ""
    """Path of the value that takes the port."""
    url: bool = False
    """True: the value takes http://service:port."""
    with_port: bool = False
    """True: the value takes service:port."""
    constant: str = ""
    """Text that the value takes instead of the address."""
    set: Values = field(default_factory=dict)
    """Values that go with it; texts may name {secret}, {database}, {username}, {username_key}
    and {password_key}."""
    secret_env: dict[str, str] = field(default_factory=dict)
    """Environment variables and the keys of the neighbour's Secret that they take, with the same names."""
    secret_env_at: tuple[str, ...] = ()
    """Paths of the lists of environment variables that take them."""


@dataclass(frozen=True, config=_STRICT)
class Secret:
    """A Secret that the user makes."""

    name: str
    keys: tuple[str, ...]
    text: str
    role: str = ""
    """Needed only when this role is in the stack; empty means always."""


@dataclass(frozen=True, config=_STRICT)
class Companion:
    """A chart that is installed with a candidate."""

    chart: str
    release: str
    text: str
    namespace: str = ""
    """Empty means as the candidate."""
    values: Values = field(default_factory=dict)
    values_when: tuple[ValuesWhen, ...] = ()


@dataclass(frozen=True, config=_STRICT)
class Candidate:
    """A chart that can fill a role."""

    chart: str
    """repository/chart."""
    release: str
    why: str
    difference: str
    """What choosing it instead would change."""
    namespace: str = "ai"
    service: Service | None = None
    rules: tuple[Rule, ...] = ()
    values: Values = field(default_factory=dict)
    values_when: tuple[ValuesWhen, ...] = ()
    connections: tuple[Connect, ...] = ()
    secrets: tuple[Secret, ...] = ()
    after: tuple[str, ...] = ()
    """Roles to install before it, when they are in the stack."""
    conflicts: tuple[str, ...] = ()
    """Software that it does not go together with."""
    family: str = ""
    """Only one chart of a family goes into a cluster."""
    beside: tuple[str, ...] = ()
    """Software of its family that it runs beside without taking the same resources, when both are wanted."""
    vendors: tuple[str, ...] = ()
    """GPU makers that it is for; empty means any."""
    same_as: str = ""
    """Role whose component fills this one as well."""
    companions: tuple[Companion, ...] = ()
    notes: tuple[Note, ...] = ()
    reached: str = ""
    """How neighbours reach what it runs, where that is no Service of the chart: a sentence."""
    unchecked: bool = False
    """True where no source of the chart could be read that confirms its Service and values; the answer says so."""

    @property
    def repository(self) -> str:
        """Repository of the chart."""
        return self.chart.partition("/")[0]

    @property
    def name(self) -> str:
        """Name of the chart."""
        return self.chart.partition("/")[2]


@dataclass(frozen=True, config=_STRICT)
class Role:
    """A role of a stack and its candidates, the usual choice first."""

    role: str
    title: str
    candidates: tuple[Candidate, ...]
    aliases: tuple[str, ...] = ()
    partial: tuple[str, ...] = ()
    """Software that does only a part of the role, so that what is there of it does not fill the role."""
    exclusive: str = ""
    """Why a cluster takes only one of them; empty where it may have several."""
    vendors: tuple[str, ...] = ()
    """GPU makers for which the catalogue is expected to have a chart."""
    missing: dict[str, str] = field(default_factory=dict)
    """What to say when nothing fits, by GPU maker, with the key other for the rest; {vendor} is the maker."""
    hosted: tuple[str, ...] = ()
    """Services run by others that do the job, which people ask something for in the place of."""
    beyond: str = ""
    """What else does the job but is no candidate, and why: a sentence, said where alternatives are few."""

    @property
    def spoken(self) -> str:
        """Title as it stands within a sentence: GPU operator, but vector database."""
        return self.title if self.title[1:2].isupper() else self.title[:1].lower() + self.title[1:]
