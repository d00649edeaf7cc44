"""GPU types as people name them, matched against canonical names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Final

from services.orchestrator.domain.candidates import GpuType
from services.orchestrator.domain.understanding.lexicon import rows

ROCM_TARGETS: Final = frozenset({"gfx90a", "gfx942", "gfx950", "gfx1100", "gfx1101", "gfx1200", "gfx1201"})
"""GPUs of AMD that vLLM's images run on; source: vLLM's documentation, installation on AMD ROCm."""
_PARTS = re.compile(r"[a-z0-9.]+")


@cache
def _parts(name: str) -> tuple[str, ...]:
    spelled = name.lower().replace("rtx ", "rtx").replace("nvidia", "").replace("tpu", "tpu ")
    return tuple(_PARTS.findall(spelled))


def is_named(gpu_type: str, wish: str, types: Mapping[str, GpuType]) -> bool:
    """Tell whether a canonical GPU type is what a wish names.

    "H100" names every H100, "A100-80GB" only those with 80 GB; an alias of the type counts as its name. A10 does not
    name A10G.
    """
    wished = _parts(wish)
    known = types.get(gpu_type)
    names = (gpu_type, *(known.aliases if known else ()))
    return bool(wished) and any(_parts(name)[: len(wished)] == wished for name in names)


def is_any_of(gpu_type: str, wishes: tuple[str, ...], types: Mapping[str, GpuType]) -> bool:
    """Tell whether a canonical GPU type is one of those that the wishes name; where they name all of a maker, any of
    that maker is."""
    known, maker = types.get(gpu_type), maker_of(wishes)
    if known and maker:
        return known.vendor == maker
    return any(is_named(gpu_type, wish, types) for wish in wishes)


@cache
def maker_of(wishes: tuple[str, ...]) -> str:
    """Return the maker whose GPU types a wish names all, as "on AMD" does; empty where it names some, or several's."""
    makers: dict[str, set[str]] = {}
    for row in rows("gpus"):
        makers.setdefault(row["vendor"], set()).add(row["name"])
    return next((maker for maker, names in makers.items() if len(names) > 1 and names == set(wishes)), "")


def computes(gpu: GpuType | None, precision: str) -> bool:
    """Tell whether weights at a precision run on a GPU type.

    8-bit floating point needs compute capability 8.0 (weight-only kernels) or native throughput; the rest runs
    anywhere.
    """
    if gpu is None or precision not in ("fp8", "fp4", "nvfp4"):
        return True
    if precision == "fp8" and gpu.vendor == "nvidia":
        return _capability(gpu) >= (8, 0)
    return precision.removeprefix("nv") in gpu.tflops


def is_considered(gpu: GpuType | None, vendors: frozenset[str] | None) -> bool:
    """Tell whether a GPU type may be planned: of one of the makers, and not older than current frameworks support.

    PyTorch and vLLM need compute capability 7.5 or newer in their standard images, or one of the targets that their
    ROCm images are built for. A GPU type that was named (vendors is None) or that the catalogue does not know is the
    user's own choice.
    """
    if gpu is None or vendors is None:
        return True
    if gpu.vendor == "amd":
        return "amd" in vendors and gpu.compute_capability in ROCM_TARGETS
    return gpu.vendor in vendors and (gpu.vendor != "nvidia" or is_current(gpu))


def is_current(gpu: GpuType | None) -> bool:
    """Tell whether a GPU type of NVIDIA is of compute capability 7.5 or newer, or not known."""
    return gpu is None or _capability(gpu) >= (7, 5)


def has_bf16(gpu: GpuType | None) -> bool:
    """Tell whether a GPU type computes in bfloat16; older ones take float16 instead."""
    return gpu is None or gpu.vendor != "nvidia" or _capability(gpu) >= (8, 0)


def _capability(gpu: GpuType) -> tuple[int, ...]:
    return _numbers(gpu.compute_capability)


@lru_cache(maxsize=256)
def _numbers(version: str) -> tuple[int, ...]:
    parts = version.split(".")
    return tuple(int(p) for p in parts) if all(p.isdigit() for p in parts) else (0,)
