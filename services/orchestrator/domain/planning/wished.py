"""Which of the models that answer a name are meant by it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from services.orchestrator.domain.candidates import ModelCandidate

LICENSES: Final = {"commercial": 0, "attribution": 0, "unknown": 1, "research_only": 2}
"""How little a class of licence permits."""
_TUNED: Final = re.compile(r"(?i)[-_](instruct|chat|it)$")
_DERIVED: Final = re.compile(r"(?i)fine-?_?tun|[-_]ft\b")
"""What a model made from the one that is meant is called."""
_SIZED: Final = re.compile(r"(?i)\d|tiny|small|base|medium|large|mini|xl")
_OTHER: Final = re.compile(r"[\W_]+")


def meant(models: Sequence[ModelCandidate], *, served: bool = False) -> tuple[ModelCandidate, ...]:
    """Return the answers to one name, best first by the catalogue, in the order in which they are meant.

    An id that is the name itself comes first, then models of the first one's owner that bear the name as much by what
    their licence permits; otherwise the catalogue's order stands. A variant that permits less than the first one was
    not meant by the name, nor is one that is called more than that where a name with a size or version is an id: they
    stay in the list as models that only fit. A name that tells no size means the newest.
    served: of a name's models the one that was tuned to follow instructions is meant.
    """
    if not models:
        return ()
    first = models[0]
    owner, borne = first.model_id.partition("/")[0], _bears(first)

    def is_named(model: ModelCandidate) -> bool:
        tuned = _TUNED.sub("", model.model_id)
        bare = "/" not in model.wished_as
        return _is(model) or (bare and tuned != model.model_id and _named(tuned, model.wished_as))

    def order(model: ModelCandidate) -> tuple[bool, bool, bool, bool, int, int]:
        rival = model.model_id.partition("/")[0] == owner and _bears(model) >= borne
        tuned = _TUNED.sub("", model.model_id)
        bare = "/" not in model.wished_as
        named = _is(model) or (served and is_named(model))
        age = -model.published.toordinal() if rival and model.published and not is_sized(model.wished_as) else 0
        license_place = LICENSES.get(model.license_class, 1) if rival else 0
        derived = bool(_DERIVED.search(model.model_id)) and not _DERIVED.search(model.wished_as)
        return (
            not named,
            derived,
            served and bare and named and tuned == model.model_id,
            not rival,
            license_place,
            age,
        )

    ordered = sorted(models, key=order)
    permitted = LICENSES.get(ordered[0].license_class, 1)
    exact = is_sized(first.wished_as) and any(_is(m) for m in models)

    def is_meant(model: ModelCandidate) -> bool:
        return is_named(model) if exact else _is(model) or LICENSES.get(model.license_class, 1) <= permitted

    return tuple(m if is_meant(m) else replace(m, wished_as="") for m in ordered)


def whole(model: ModelCandidate) -> bool:
    """Tell whether a model runs by itself, or is an adapter that was named itself and not by the family's name."""
    return not model.adapter or (bool(model.wished_as) and _is(model))


def is_sized(name: str) -> bool:
    """Tell whether a name tells which of a family's models is meant."""
    return bool(_SIZED.search(name))


def _bears(model: ModelCandidate) -> bool:
    return _plain(model.wished_as) in _plain(model.model_id)


def _is(model: ModelCandidate) -> bool:
    return _named(model.model_id, model.wished_as)


def _named(model_id: str, name: str) -> bool:
    return _plain(name) in (_plain(model_id), _plain(model_id.partition("/")[2]))


def _plain(name: str) -> str:
    return _OTHER.sub("", name.lower())
