"""Which model of the catalogue a text means by its id, and which ids are near one that means none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from libs.database import Pool
from libs.errors import Violations
from services.models.domain import names
from services.models.domain.addresses import plain_id
from services.models.domain.filter_values import near_it, nearest, plain
from services.models.domain.vocabulary import Vocabulary
from services.models.store import catalog

_FIELD: Final = "filter.base_model"


async def base_id(pool: Pool, text: str, vocabulary: Vocabulary) -> str:
    """Return the id of the model that others came from: the text itself where the catalogue knows it as an id, else the
    one that differs only in case and separators; of a name without an owner the one that most models came from.

    Raises InvalidInputError with what is near where there is none.
    """
    text = plain_id(text)
    if await catalog.known(pool, text):
        return text
    near = await ids_alike(pool, text, vocabulary)
    bearing = [own for own in near if plain(text) in (plain(own), "" if "/" in text else plain(own.rpartition("/")[2]))]
    counts = await catalog.variant_counts(pool, bearing)
    if bearing:
        return max(bearing, key=lambda own: counts.get(own, 0))
    bad = Violations()
    bad.add(_FIELD, f"is {text[:60]!r}, which no model here is or came from; {instead(text, near)}")
    bad.raise_if_any()
    raise AssertionError("a violation was added")


async def ids_alike(pool: Pool, text: str, vocabulary: Vocabulary) -> Sequence[str]:
    """Return ids of models and of their bases that share words with a text, those that share most first."""
    spellings = names.spellings(text, vocabulary)
    return await catalog.alike(pool, spellings, telling=names.telling(spellings))


def instead(text: str, ids: Sequence[str]) -> str:
    """Return in words which ids are near a text; near a name without an owner, which ids bear such a name."""
    named = {own if "/" in text else own.rpartition("/")[2]: own for own in reversed(ids)}
    return near_it(nearest(text, named)) or "an id is owner/name"
