"""How a model is split over GPUs, and which splits are allowed."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from services.models.domain.sizing.architecture import Complete

NODE_GPUS = 8
"""Tensor parallelism stays inside a machine: it needs two all-reduces a layer (Megatron-LM, arXiv:1909.08053)."""


class Split(NamedTuple):
    """Degrees of tensor and pipeline parallelism; their product is the number of GPUs of one replica."""

    tensor: int = 1
    pipeline: int = 1

    @property
    def gpus(self) -> int:
        """GPUs of one replica."""
        return self.tensor * self.pipeline


def refusal(model: Complete, split: Split) -> str:
    """Return why the split is not allowed, or an empty string.

    The rules of Megatron-LM and vLLM: the tensor degree divides the query heads; it divides the key-value heads, or
    they divide it (then each GPU holds a copy of one); no more pipeline stages than layers.
    """
    return _refusal(model.heads, 0 if model.shape.kv_lora_rank else model.kv_heads, model.layers, split)


def _refusal(heads: int, kv_heads: int, layers: int, split: Split) -> str:
    """As `refusal`; kv_heads is 0 where the cache is a latent that is not split by heads."""
    if split.tensor < 1 or split.pipeline < 1:
        return "parallel degrees start at 1"
    if heads % split.tensor:
        return f"{heads} attention heads do not divide by a tensor-parallel degree of {split.tensor}"
    if kv_heads and kv_heads % split.tensor and split.tensor % kv_heads:
        return f"{kv_heads} key-value heads and a tensor-parallel degree of {split.tensor} do not divide each other"
    if split.pipeline > layers:
        return f"{split.pipeline} pipeline stages for {layers} layers"
    return ""


_ALONE: Final = (Split(),)


def allowed_splits(model: Complete, gpus: int, *, by_layers: bool = False) -> tuple[Split, ...]:
    """Return the allowed splits over exactly this many GPUs, the widest tensor degree inside one machine first; with
    `by_layers` only that of degree 1.
    """
    if gpus == 1:
        return _ALONE
    kv_heads = 0 if model.shape.kv_lora_rank else model.kv_heads
    return _allowed(model.heads, kv_heads, model.layers, gpus, 1 if by_layers else NODE_GPUS)


@lru_cache(maxsize=2048)
def _allowed(heads: int, kv_heads: int, layers: int, gpus: int, widest: int) -> tuple[Split, ...]:
    degrees = (n for n in range(min(gpus, widest), 0, -1) if gpus % n == 0)
    splits = (Split(tensor, gpus // tensor) for tensor in degrees)
    return tuple(split for split in splits if not _refusal(heads, kv_heads, layers, split))


def choose_split(model: Complete, gpus: int, *, by_layers: bool = False) -> Split | None:
    """Return the allowed split with the widest tensor degree, or None."""
    return next(iter(allowed_splits(model, gpus, by_layers=by_layers)), None)
