"""Does it fit, on how many GPUs, what is left over, and how far context and concurrency can still grow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from services.models.domain.sizing.demand import CHUNKS, INPUTS, Demand, Line, Passes, need_line
from services.models.domain.sizing.estimates import MemoryEstimate
from services.models.domain.sizing.parallelism import Split, allowed_splits
from services.models.domain.sizing.shapes import GpuShape

USABLE: Final = 0.92
"""Share of nominal memory a plan may use: drivers keep 1 to 6%, engines leave the rest for fragmentation (vLLM's
default is 0.92).
"""
USABLE_TRAINING: Final = 0.87
"""The same for training, whose many buffer sizes fragment memory and whose peaks vary with the data."""
GPU_COUNTS: Final = (1, 2, 4, 8, 16, 24, 32, 48, 64)
"""Counts tried: those machines come in, then whole machines of eight."""
_LIMIT: Final = 1 << 24
_WAITING: Final = 512
"""Requests that a server of encoders takes at most, whose passes keep nothing of those that wait
(max_concurrent_requests of Text Embeddings Inference, router/src/main.rs).
"""


class Capacity(NamedTuple):
    """What a GPU type can hold. gpus is 0 when none of the counts tried fits. headroom: bytes left of the usable memory
    per GPU, by what the verdict counts, which may be more than the estimate of per_gpu_bytes. most_bytes: needed of a
    GPU by other defaults for what was not said; 0 where none are heavier.
    """

    gpus: int
    split: Split
    fits: bool
    per_gpu_bytes: float
    headroom_bytes: float
    usable_bytes: float
    max_context_tokens: int
    max_concurrency: int
    most_bytes: float = 0.0

    def is_borderline(self, error: float) -> bool:
        """Return whether the verdict would turn by other defaults, or if the need were off by this share."""
        if self.fits and self.most_bytes > self.usable_bytes:
            return True
        need = self.usable_bytes - self.headroom_bytes
        return need > 0 and self.usable_bytes / (1 + error) < need <= self.usable_bytes * (1 + error)


def usable_bytes(gpu: GpuShape, *, training: bool = False) -> float:
    """Return the bytes of one GPU that a plan may use."""
    return gpu.memory_bytes * (USABLE_TRAINING if training else USABLE)


def _tightest(
    needs: Demand, splits: Sequence[Split], room: float, load: tuple[int, int], passes: Passes
) -> tuple[Split, Line, float] | None:
    """Return the first split that fits, the widest where none does, and what it needs on the fullest GPU: as a function
    of the load, and in bytes under this one. None where no split is allowed.

    Narrower ones can only help where tensor parallelism repeats the cache.
    """
    first = None
    for split in splits:
        line = need_line(needs, split)
        need = line.bytes(*load, passes)
        if need <= room:
            return split, line, need
        first = first or (split, line, need)
        if needs.kv_copies(split.tensor) <= 1:
            break
    return first


def _place(
    needs: Demand, counts: Sequence[int], room: float, load: tuple[int, int], passes: Passes, *, by_layers: bool
) -> tuple[Split, Line, float] | None:
    """Return the tightest split over the first of these counts of GPUs that holds the load, else over the last count
    that may share the model; None where none may.
    """
    placed = None
    for count in counts:
        if needs.weights / count > room and count < counts[-1]:
            continue
        found = _tightest(needs, allowed_splits(needs.model, count, by_layers=by_layers), room, load, passes)
        if found is not None:
            placed = found
            if placed[2] <= room:
                break
    return placed


def _longest(line: Line, room: float, concurrency: int, limit: int, short: Passes, beyond: Passes) -> int:
    """Return the longest context that fits, where prompts of up to a chunk go through in one way and longer ones in
    another, which takes no less.
    """
    longest = line.largest_context(room, concurrency=concurrency, limit=limit, passes=beyond)
    if beyond is short or longest > short.chunk:
        return longest
    return min(line.largest_context(room, concurrency=concurrency, limit=limit, passes=short), short.chunk)


def size_on(
    needs: Demand,
    gpu: GpuShape,
    *,
    context_tokens: int,
    concurrency: int,
    gpus: int = 0,
    counts: Sequence[int] = GPU_COUNTS,
    passes: Passes = CHUNKS,
    beyond: Passes | None = None,
    by_layers: bool = False,
) -> Capacity:
    """Return the capacity of `gpus` of this type, or (0) of the fewest among `counts` that fit. passes: how
    prompts go through; beyond: the same for those longer than a chunk, where it is another way. by_layers: split by
    layers alone.

    When nothing fits, the answer is for the largest allowed count, with fits false and a negative headroom.
    """
    room, load, beyond = usable_bytes(gpu), (context_tokens, concurrency), beyond or passes
    now = beyond if context_tokens > passes.chunk else passes
    placed = _place(needs, (gpus,) if gpus else counts, room, load, now, by_layers=by_layers)
    if placed is None:
        return Capacity(0, Split(), False, 0.0, 0.0, room, 0, 0)
    split, line, need = placed
    good = need <= room
    limit = needs.model.shape.context or _LIMIT
    requests = max(_WAITING, concurrency) if passes is INPUTS else _LIMIT
    longest = _longest(line, room, concurrency, limit, passes, beyond)
    most = line.largest_concurrency(room, context_tokens=context_tokens, limit=requests, passes=now)
    if needs.kv_copies(split.tensor) > 1:  # then a narrower split holds more of the cache
        for other in allowed_splits(needs.model, split.gpus, by_layers=by_layers):
            line = need_line(needs, other)
            longest = max(longest, _longest(line, room, concurrency, limit, passes, beyond))
            most = max(most, line.largest_concurrency(room, context_tokens=context_tokens, limit=requests, passes=now))
    return Capacity(split.gpus if good or gpus else 0, split, good, need, room - need, room, longest, most)


def single(estimate: MemoryEstimate, gpu: GpuShape, *, stated: bool, need: float, most: float) -> Capacity:
    """Return the verdict on a run whose GPUs are settled. stated: whether their number was asked for. need: what the
    verdict counts on each, which may be more than the estimate; most: the most by other defaults.
    """
    room = usable_bytes(gpu, training=True)
    good = need <= room
    gpus = len(estimate.shares) if good or stated else 0
    return Capacity(gpus, estimate.split, good, estimate.per_gpu_bytes, room - need, room, 0, 0, most)
