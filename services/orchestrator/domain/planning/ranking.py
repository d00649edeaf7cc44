"""In which order the models that a search found are considered."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final

from services.orchestrator.domain.candidates import ModelCandidate
from services.orchestrator.domain.planning.tongues import OTHERS, place_of
from services.orchestrator.domain.planning.wished import LICENSES

ALIKE: Final = 1.4
"""Times the size of another model within which the two serve the same need."""
SIZE_BANDS: Final = (1e9, 2e9, 5e9, 15e9, 40e9, 80e9)
FIT: Final = 0.8
"""Share of another model's relevance that its successor has at the least: a specialist has no generalist for one."""
SPEAKS: Final = 0.6
"""Share of the best relevance from which a model's languages count: what does another task is no better for them."""
_TUNED: Final = re.compile(r"(?i)[-_](instruct|chat|it|sft|dpo|thinking)\b")


def family(model_id: str) -> str:
    """Return what a model and its versions tuned to follow instructions have in common.

    >>> family("meta-llama/Llama-3.1-70B-Instruct")
    'llama-3.1-70b'
    """
    return _TUNED.sub("", model_id.rpartition("/")[2]).lower()


def ranked(
    models: Sequence[ModelCandidate], *, from_scratch: bool = False, languages: Collection[str] = ()
) -> tuple[ModelCandidate, ...]:
    """Return models found by description, best first by the catalogue, in the order to consider them.

    What may be used commercially comes first, because most users earn with it; of these the catalogue's order, where a
    newer model of the same maker, like size and fit that is used as much takes the older one's place. from_scratch:
    only the architecture is wanted, so models that were tuned to follow instructions come last. languages: that a model
    has to know; one whose record states others alone comes last, and of like licences one that states them first.
    """
    best = max((m.relevance for m in models), default=0.0)
    places = {m.model_id: place for place, m in enumerate(models)}

    def order(model: ModelCandidate) -> tuple[bool, bool, int, int, int, int]:
        place = min(places[m.model_id] for m in models if m is model or _supersedes(model, m))
        age = -model.published.toordinal() if model.published else 0
        tuned = from_scratch and bool(_TUNED.search(model.model_id))
        spoken = place_of(model.languages, languages) if model.relevance >= best * SPEAKS else OTHERS
        return (tuned, spoken == OTHERS, LICENSES.get(model.license_class, 1), spoken, place, age)

    return tuple(sorted(models, key=order))


def of_each_size(models: Sequence[ModelCandidate]) -> tuple[ModelCandidate, ...]:
    """Return the first model of each size (below one, two, five, 15, 40 and 80 billion parameters), largest first."""
    found: dict[int, ModelCandidate] = {}
    for model in models:
        band = next((n for n, limit in enumerate(SIZE_BANDS) if (model.parameters or 0) <= limit), None)
        if band is not None:
            found.setdefault(band, model)
    return tuple(found[band] for band in sorted(found, reverse=True))


def _supersedes(newer: ModelCandidate, older: ModelCandidate) -> bool:
    if newer.published is None or older.published is None or not newer.parameters or not older.parameters:
        return False
    same = newer.model_id.partition("/")[0] == older.model_id.partition("/")[0] and newer.task == older.task
    alike = 1 / ALIKE <= newer.parameters / older.parameters <= ALIKE
    fit = newer.relevance >= FIT * older.relevance
    used = (newer.downloads or 0) >= (older.downloads or 0) > 0
    return same and alike and fit and used and newer.published > older.published
