"""The small servers beside a model that answers from documents."""

from __future__ import annotations

import math
from typing import Final

from services.orchestrator.domain.candidates import Candidates, ModelCandidate
from services.orchestrator.domain.plan import Workload, WorkloadKind
from services.orchestrator.domain.planning import engines, storage

LARGE_HELPER: Final = 1e9
"""Parameters from which on a model is too slow on CPUs to answer beside another."""


def helpers_of(candidates: Candidates) -> tuple[Workload, ...]:
    """Return the servers beside a model that answers from documents: the model that turns passages into vectors, and
    the one that ranks them, where the catalogue has one. Small models do on CPUs; the first small one is taken."""
    found: dict[str, ModelCandidate] = {}
    for model in sorted(
        candidates.models, key=lambda m: (not m.wished_as, (m.parameters or LARGE_HELPER) >= LARGE_HELPER)
    ):
        if model.purpose != "main":
            found.setdefault(model.purpose, model)
    return tuple(_helper(model) for model in found.values())


def _helper(model: ModelCandidate) -> Workload:
    """Return the server of a helper: weights at 32 bit, as CPUs compute, and room for batches."""
    weights = (model.parameters or 0.5e9) * 4 / 2**30
    return Workload(
        kind=WorkloadKind.SERVING,
        name=model.purpose.replace("_", "-"),
        model_id=model.model_id,
        model_task=model.task,
        engine="tei",
        image=engines.image_of("tei", None),
        precision="fp32",
        cpu_request=1.0 if weights < 1 else 2.0,
        memory_request_gib=float(math.ceil(1 + weights * 1.5)),
        weights_gib=max(5, math.ceil(weights * storage.SPARE)),
        gated=model.gated,
    )
