"""What understanding a message yields: the public types of this package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from services.orchestrator.domain.spec import Origin, WorkloadSpec


class Intent(StrEnum):
    """What the user wants from this turn."""

    PLAN = "plan"
    """Describes a workload, answers a question or asks for a plan."""
    REVISE = "revise"
    """Changes the plan that is on the table."""
    EXPLAIN = "explain"
    COMPARE = "compare"
    RENDER = "render"
    LICENCE = "licence"
    PRICE = "price"
    THANKS = "thanks"
    GREETING = "greeting"
    SMALL_TALK = "small_talk"
    OFF_TOPIC = "off_topic"
    ATTACK = "attack"
    UNCLEAR = "unclear"


class RevisionKind(StrEnum):
    """How the plan should differ from the one before."""

    CHEAPER = "cheaper"
    FASTER = "faster"
    BIGGER = "bigger"
    SMALLER = "smaller"
    OTHER_PROVIDER = "other_provider"
    OTHER_GPU = "other_gpu"
    OTHER_MODEL = "other_model"
    OTHER_REGION = "other_region"
    GPU_COUNT = "gpu_count"
    SCALE = "scale"
    """The user multiplies a quantity: target names the field, factor says by how much."""
    CHANGE = "change"
    """The changed fields say it all."""
    START_OVER = "start_over"


@dataclass(frozen=True, slots=True)
class Revision:
    """A wish relative to the plan before, such as "cheaper" or "one more GPU"."""

    kind: RevisionKind
    factor: float | None = None
    """0.5 for "half of that", 2 for "twice as fast"."""
    delta: int | None = None
    """+1 for "one more GPU"."""
    target: str | None = None
    """What is named: a field of the spec, a provider id, a GPU type."""


@dataclass(frozen=True, slots=True)
class OpenPoint:
    """Something said that cannot be used before the user has settled it."""

    field: str
    kind: Literal["contradiction", "period", "alternatives"]
    options: tuple[str, ...]
    """The readings to choose from, in the user's words, each understood when sent back as it stands."""
    words: str


@dataclass(frozen=True, slots=True)
class CatalogueNames:
    """Names known to the catalogues, for resolving names that the built-in lexicon lacks or the user misspelt."""

    models: tuple[str, ...] = ()
    gpus: tuple[str, ...] = ()
    components: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Understanding:
    """What one message says, given the spec before it."""

    spec: WorkloadSpec
    """The whole spec after the message."""
    changes: Mapping[str, Any] = field(default_factory=dict)
    """The fields that differ from the spec before; None removes one."""
    origins: Mapping[str, Origin] = field(default_factory=dict)
    """How each changed field was set."""
    intent: Intent = Intent.UNCLEAR
    revision: Revision | None = None
    wants_plan_now: bool = False
    """The user leaves the rest to us ("just do it", "you choose")."""
    skipped: tuple[str, ...] = ()
    """Fields of asked questions that the user left to us."""
    open_points: tuple[OpenPoint, ...] = ()
    masked_text: str = ""
    """The message with secrets masked; the only form to store, log or send on."""
    secrets: tuple[str, ...] = ()
    """Kinds of secrets found, such as aws_access_key."""
    language: str = "en"
    """ISO 639-1 code of the message."""
    has_plan: bool = False
    """A plan was on the table before the message."""
    named: WorkloadSpec = field(default_factory=WorkloadSpec)
    """What the message names by itself, wished for or only asked about: the H100 of "why not an H100?"."""
