"""Choosing among what the message before left open: "the second one" after "L4 or L40S?"."""

from __future__ import annotations

from typing import Final

from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.mention import Mention

_OPEN: Final = ("gpu_models", "models", "providers", "regions", "geos")
_LONGEST: Final = 7
_MOST: Final = 1_000
_THEM: Final = frozenset(
    {
        ("of", "them"),
        ("of", "those"),
        ("of", "these"),
        ("davon", ""),
        ("d'entre", "eux"),
        ("de", "ellas"),
        ("de", "ellos"),
    }
)


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


def read_count_of_them(doc: Doc, spec: WorkloadSpec, *, turn: int) -> list[Mention]:
    """Read "two of them" after a turn that named GPUs."""
    named_last = "gpu_models" in spec.origins and spec.origins["gpu_models"].turn == turn - 1
    if not named_last or len(doc.tokens) > _LONGEST:
        return []
    for number in doc.free_numbers():
        if (doc.text(number.j), doc.text(number.j + 1)) in _THEM and number.value == int(number.value) <= _MOST:
            doc.claim(number)
            return [Mention("gpu_count_min", int(number.value), number.i, number.j)]
    return []


def _claim_all(doc: Doc) -> None:
    """Mark the numbers as read, such as the one of "the second one"."""
    for number in list(doc.free_numbers()):
        doc.claim(number)
