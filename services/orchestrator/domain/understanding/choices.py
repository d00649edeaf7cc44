"""Choosing among what the message before left open: "the second one" after "L4 or L40S?"."""

from __future__ import annotations

from typing import Final

from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.mention import Mention

_OPEN: Final = ("gpu_models", "models", "providers", "regions", "geos")
_LONGEST: Final = 7


def read_choice(doc: Doc, spec: WorkloadSpec, *, turn: int) -> list[Mention]:
    """Read an ordinal as one of the names that the turn before gave for one field."""
    chosen = next(iter(doc.all("ordinal")), None)
    if chosen is None or len(doc.tokens) > _LONGEST:
        return []
    for field in _OPEN:
        names = getattr(spec, field)
        if len(names) < 2 or spec.origins[field].turn != turn - 1:
            continue
        index = len(names) - 1 if chosen.id == "last" else int(chosen.id) - 1
        if index < len(names):
            _claim_all(doc)
            return [Mention(field, names[index], chosen.i, chosen.j)]
    return []


def _claim_all(doc: Doc) -> None:
    """Mark the numbers as read, such as the one of "the second one"."""
    for number in list(doc.free_numbers()):
        doc.claim(number)
