"""What a search is asked and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field

from services.models.domain.filters import ModelFilter
from services.models.domain.model import Model
from services.models.domain.ranking import DEFAULT_RELEVANCE_WEIGHT, Ranked
from services.models.domain.sizing.weight_groups import Groups
from services.models.store.catalog import Passage


@dataclass(frozen=True, slots=True)
class Wish:
    """What to search for."""

    query: str
    """In plain words; may be empty."""
    name: str = ""
    """A model's name as people write it."""
    wanted: ModelFilter = field(default_factory=ModelFilter)
    limit: int = 10
    relevance_weight: float = DEFAULT_RELEVANCE_WEIGHT
    keep_variants: bool = False
    exact: bool = False
    """Have the database compare every passage, at full precision."""
    conditions_in_filter: bool = False
    """Read no conditions in the words: the filter has them all."""
    said: ModelFilter = field(default_factory=ModelFilter)
    """What the words say beside the filter, in values of the catalogue: no result breaks one."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One model found."""

    model: Model
    weights: Groups | None
    """Its parameters by group; None where their count is unknown."""
    ranked: Ranked
    passage: Passage
    highlight: str
    """Sentences of the passage that say why it was found; empty where none does."""
    why: str
    variants: tuple[Model, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found, best first."""

    hits: tuple[Hit, ...]
    understood: tuple[str, ...]
    """Tasks that the wish was read as, likeliest first."""
    snapshot_id: str
    conditions: tuple[str, ...] = ()
    """What was read as conditions in the words."""
    notes: tuple[str, ...] = ()
    """Why the answer is empty, or what no model here states."""
