"""Which of the models that answer a name are meant by it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from services.orchestrator.domain.candidates import ModelCandidate

LICENSES: Final = {"commercial": 0, "attribution": 0, "unknown": 1, "research_only": 2}
"""How little a class of licence permits."""
_OTHER: Final = re.compile(r"[\W_]+")


def meant(models: Sequence[ModelCandidate]) -> tuple[ModelCandidate, ...]:
    """Return the answers to one name, best first by the catalogue, in the order in which they are meant.

    An id that is the name itself comes first, then models of the first one's owner that bear the name as much by what
    their licence permits; otherwise the catalogue's order stands. A variant that permits less than the first one was
    not meant by the name: it stays in the list as a model that only fits.
    """
    if not models:
        return ()
    first = models[0]
    owner, borne = first.model_id.partition("/")[0], _bears(first)

    def order(model: ModelCandidate) -> tuple[bool, bool, int]:
        rival = model.model_id.partition("/")[0] == owner and _bears(model) >= borne
        return (not _is(model), not rival, LICENSES.get(model.license_class, 1) if rival else 0)

    ordered = sorted(models, key=order)
    permitted = LICENSES.get(ordered[0].license_class, 1)
    return tuple(
        m if _is(m) or LICENSES.get(m.license_class, 1) <= permitted else replace(m, wished_as="") for m in ordered
    )


def _bears(model: ModelCandidate) -> bool:
    return _plain(model.wished_as) in _plain(model.model_id)


def _is(model: ModelCandidate) -> bool:
    return _plain(model.wished_as) in (_plain(model.model_id), _plain(model.model_id.partition("/")[2]))


def _plain(name: str) -> str:
    return _OTHER.sub("", name.lower())
