"""What is put on a GPU type: models at the precisions that they may be planned at, by quality."""

from __future__ import annotations

from typing import Final

from services.orchestrator.domain.candidates import Candidates, ModelCandidate
from services.orchestrator.domain.planning import gpus
from services.orchestrator.domain.planning.layouts import Size
from services.orchestrator.domain.planning.needs import Needs

QUANTISED: Final = frozenset({"fp8", "int8", "int4", "fp4", "mxfp4", "nvfp4", "awq", "gptq"})
"""Precisions below 16 bit that weights are published at."""
ANY_TYPE: Final = "*"
"""Stands for every GPU type where the need is not known."""
Rank = tuple[int, int]
"""Quality: place of the model among the candidates, place of the precision among those allowed. Lower is better."""


def precisions_of(needs: Needs, model: ModelCandidate) -> tuple[str, ...]:
    """Return the precisions that a model may be planned at, best first: none above the one its weights are published
    at."""
    if needs.precision_stated or needs.method != "inference":
        return needs.precisions
    if model.precision in needs.precisions:
        return needs.precisions[needs.precisions.index(model.precision) :]
    return (model.precision,) if model.precision in QUANTISED else needs.precisions


def sizes_by_rank(needs: Needs, candidates: Candidates) -> dict[tuple[int, int], dict[str, Size]]:
    """Return what can be put on each GPU type, by quality. A model that is needed but not sized is kept, its need
    unknown. An algorithm has none."""
    mains = [m for m in candidates.models if m.purpose == "main"]
    if needs.algorithm:
        return {(0, 0): {ANY_TYPE: Size(None, None)}}
    places = {m.model_id: place for place, m in enumerate(mains)}
    tiers = {m.model_id: {p: tier for tier, p in enumerate(precisions_of(needs, m))} for m in mains}
    sized = {e.model_id for e in candidates.memory}
    sizes: dict[tuple[int, int], dict[str, Size]] = {}
    for estimate in candidates.memory:
        place = places.get(estimate.model_id)
        tier = tiers[estimate.model_id].get(estimate.precision) if place is not None else None
        if (
            place is not None
            and tier is not None
            and gpus.computes(candidates.gpu_types.get(estimate.gpu_type), estimate.precision)
        ):
            sizes.setdefault((place, tier), {})[estimate.gpu_type] = Size(mains[place], estimate)
    for place, model in enumerate(mains):
        if model.model_id not in sized and (model.wished_as or not sized):
            sizes[(place, 0)] = {ANY_TYPE: Size(model, None)}
    return sizes or {(0, 0): {ANY_TYPE: Size(mains[0] if mains else None, None)}}
