"""Why searches for models found none, or not all that were asked for, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from services.orchestrator.domain.candidates import FoundModels
from services.orchestrator.domain.planning.asks import ModelAsk
from services.orchestrator.domain.planning.constraints import GENERAL_LICENSES
from services.orchestrator.domain.planning.words import count, join

MAX_NOTES: Final = 3
"""Notes of a search that are told; a family of licences may have dozens of versions that no model is under."""


def why_unfound(searches: Sequence[ModelAsk], answers: Sequence[FoundModels]) -> tuple[str, ...]:
    """Return a sentence or two for each search by description that found nothing for a stated reason, or not all that
    has the licence asked for.

    Where a model was named and found, what its description alone would find matters only for the licence.
    """
    pairs = list(zip(searches, answers, strict=True))
    named = any(ask.name and answer.models for ask, answer in pairs)
    told = []
    for ask, answer in pairs:
        by_license = ask.license is not None and ask.license not in GENERAL_LICENSES
        matters = by_license or not (answer.models or (named and ask.purpose == "main"))
        if ask.name or not answer.notes or not matters:
            continue
        few = "not all that there are" if answer.models else "none"
        told.append(f"Asked for {_filter(ask)}, the models catalogue found {few}. {_notes(answer.notes)}")
    return tuple(dict.fromkeys(told))


def _filter(ask: ModelAsk) -> str:
    """Return in words what models had to be."""
    parts = [f"models for {join([task.replace('-', ' ') for task in ask.tasks], 'or')}" if ask.tasks else "models"]
    if ask.parameters_b:
        low, high = ask.parameters_b
        parts.append(f"of {low:g} to {high:g} billion parameters")
    general = {"commercial_ok": "a licence for commercial use", "open_source": "an open-source licence"}
    if ask.license:
        parts.append(f"under {general.get(ask.license, f'the licence {ask.license}')}")
    return " ".join(parts)


def _notes(notes: Sequence[str]) -> str:
    rest = len(notes) - MAX_NOTES
    more = f" So it says of {count(rest, 'other value')}." if rest > 0 else ""
    return " ".join(notes[:MAX_NOTES]) + more
