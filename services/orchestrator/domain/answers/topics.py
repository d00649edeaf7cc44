"""What a question is about, and which form of a plan it asks for."""

from __future__ import annotations

import re
import tomllib
from enum import StrEnum
from functools import cache
from importlib.resources import files

from services.orchestrator.domain.render import Format
from services.orchestrator.domain.understanding.fold import fold

_QUESTION_CHARS = 2_000
"""A question is short; what is longer is about the workload."""


class Topic(StrEnum):
    """A subject of a question."""

    YEAR = "year"
    DAY = "day"
    HOUR = "hour"
    ITEM = "item"
    """The price of one item of many, such as an hour of audio."""
    TOKENS = "tokens"
    SPEED = "speed"
    FIT = "fit"
    PROVIDER = "provider"
    REGION = "region"
    MODEL = "model"
    COST = "cost"
    FREE = "free"
    FAILURE = "failure"
    GPU = "gpu"
    """Whether a GPU is of use at all."""
    COMMERCIAL = "commercial"
    TERMS = "terms"
    """What has to be accepted before a model can be had."""
    SECRETS = "secrets"
    """Keys that the user has pasted before."""
    GUESSES = "guesses"
    """What the plan assumes."""
    FIRST = "first"
    """The first plan of the conversation."""


PRICES = frozenset({Topic.YEAR, Topic.DAY, Topic.HOUR, Topic.ITEM, Topic.TOKENS, Topic.COST})
"""Topics that a price answers."""
REASONS = frozenset(
    {
        Topic.GPU,
        Topic.GUESSES,
        Topic.FREE,
        Topic.FAILURE,
        Topic.SPEED,
        Topic.FIT,
        Topic.PROVIDER,
        Topic.REGION,
        Topic.MODEL,
    }
)
"""Topics that an explanation answers."""


def topics_of(text: str) -> frozenset[Topic]:
    """Return what a message asks about."""
    folded = fold(text[:_QUESTION_CHARS])
    return frozenset(Topic(name) for name, pattern in _patterns("").items() if pattern.search(folded))


def form_of(text: str) -> Format | None:
    """Return the form of a plan that a message names; None when it names none."""
    folded = fold(text[:_QUESTION_CHARS])
    return next((Format(name) for name, pattern in _patterns("form").items() if pattern.search(folded)), None)


@cache
def _patterns(table: str) -> dict[str, re.Pattern[str]]:
    read = tomllib.loads(files("services.orchestrator.domain.answers").joinpath("topics.toml").read_text("utf-8"))
    rows = read[table] if table else {name: row for name, row in read.items() if name != "form"}
    return {name: re.compile("|".join(patterns)) for name, patterns in rows.items()}
