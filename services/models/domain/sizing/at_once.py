"""How many inputs a network over pixels, voxels or residues takes at once, and what of a use is not modelled for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from services.models.domain.sizing.cases import INFERENCE, Usage
from services.models.domain.sizing.pixels import generation_need
from services.models.domain.sizing.shapes import ModelShape
from services.models.domain.sizing.terms import Assumption
from services.models.domain.sizing.training_runs import Judged

_LIMIT: Final = 1 << 24
_MANY: Final = 1 << 20
_COPIES: Final = Assumption("gpu_count", "1", "such networks are sized for one GPU; copies on others take as much each")
_UNSHARDED: Final = "not modelled for such networks: sized as on one GPU that holds all of it"


def left_out(shape: ModelShape, usage: Usage, gpus: int) -> tuple[Assumption, ...]:
    """Return what the use says or leaves unsaid that the estimate does not follow, as assumptions."""
    training, generates = usage.workload != INFERENCE, shape.arch == "diffusion"
    shares = training and generates and bool(usage.zero_stage)
    notes = [_COPIES] if gpus > 1 and not shares else []
    if not training:
        return tuple(notes)
    if not usage.optimizer:
        notes.append(Assumption("optimizer", "adamw", "not said; the usual choice"))
    asked = (
        ("zero_stage", bool(usage.zero_stage) and not generates),
        ("offload", bool(usage.offload) and not generates),
        ("tensor_parallel", (usage.tensor_parallel or 1) > 1),
    )
    notes += [Assumption(field, "none", _UNSHARDED) for field, said in asked if said]
    return tuple(notes)


class AtOnce:
    """How many inputs fit on a GPU at once. What they need grows along a line or, where the larger of several things
    counts, along one line after another, each steeper: it never bends the other way.
    """

    def __init__(self, shape: ModelShape, usage: Usage, judged: Judged) -> None:
        """Take the model, its use, and what the verdict on that is."""
        self._shape, self._usage = shape, usage
        now = usage.batch_size or usage.concurrency or 1
        if shape.arch != "diffusion":
            each = judged.estimate.term("activations")
            self._lines: tuple[tuple[float, float], ...] = ((judged.need_bytes - each, each / now),)
            return
        self._lines = (self._line(now, judged.need_bytes),)
        if usage.offload or usage.frames or "video" in shape.task or usage.engine:  # parts that take turns, tiles
            self._lines += (self._line(_MANY, self._need(_MANY)),)

    def most(self, room: float) -> int:
        """Return the most inputs that fit in so many bytes; 0 when not even one does."""
        found = _LIMIT
        for base, slope in self._lines:
            if base > room:
                return 0
            if slope > 0:
                found = min(found, int((room - base) / slope))
        if found < 1 or len(self._lines) == 1:
            return max(found, 0)
        least = 0
        while self._need(found) > room and found > least + 1:  # where a line between the two binds
            middle = (least + found) // 2
            least, found = (middle, found) if self._need(middle) <= room else (least, middle)
        return found if self._need(found) <= room else least

    def _line(self, n: int, need: float) -> tuple[float, float]:
        slope = (self._need(2 * n) - need) / n
        return need - slope * n, slope

    def _need(self, n: int) -> float:
        return generation_need(self._shape, replace(self._usage, batch_size=None, concurrency=n))
