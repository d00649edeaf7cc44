"""Which GPUs are considered, and which are taken where the wishes leave room for it."""

from __future__ import annotations

from typing import Final

from services.orchestrator.domain.plan import WorkloadKind
from services.orchestrator.domain.planning.gpus import maker_of
from services.orchestrator.domain.spec import WorkloadSpec

VOLUME_COMFORT_GIB: Final = 44.0
"""What cards sold as 48 GB have at the least."""
TRAINING_COMFORT_GIB: Final = 22.0
"""What cards sold as 24 GB have at the least."""
_NVIDIA: Final = frozenset({"nvidia"})
_VENDORS: Final = frozenset({"nvidia", "amd"})
"""Makers whose GPUs the standard images run on; others are planned only when they are named."""


def vendors_of(spec: WorkloadSpec, *, many: bool) -> frozenset[str] | None:
    """Return the makers of GPUs to consider. many: programs for GPUs of several makers do the task."""
    if spec.gpu_models:
        maker = maker_of(spec.gpu_models)
        return frozenset({maker}) if maker else None
    return _VENDORS if many else _NVIDIA


def comfort_gib(spec: WorkloadSpec, kind: WorkloadKind, task: str, said: list[str], *, volumes: bool) -> float:
    """Return the memory of each GPU that a training on images is given where the wishes leave room, in GiB; 0 where
    none is. volumes: the images are 3-D. What is taken is put among what was said."""
    if kind is not WorkloadKind.TRAINING or spec.vram_gb_min_per_gpu or spec.gpu_models or spec.gpu_needed is False:
        return 0.0
    if volumes:
        said.append("GPUs with 48 GB or more are taken where the wishes allow it: 3-D volumes train in large patches.")
        return VOLUME_COMFORT_GIB
    if "image" not in task and "object" not in task and "video" not in task:
        return 0.0
    said.append("GPUs with 24 GB or more are taken where the wishes allow it: room for useful batch and patch sizes.")
    return TRAINING_COMFORT_GIB
