"""Accelerator types as their vendors state them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

PRECISIONS: Final = ("fp32", "tf32", "bf16", "fp16", "fp8", "int8", "fp4")
"""Precisions that throughput is stated at."""

_CUDA_SINCE: Final = {"fp32": 1.0, "fp16": 5.3, "int8": 6.1, "tf32": 8.0, "bf16": 8.0, "fp8": 8.9, "fp4": 10.0}
"""Compute capability from which CUDA hardware has instructions for a precision (CUDA C++ programming guide)."""


@dataclass(frozen=True, slots=True)
class GpuType:
    """One accelerator type. Figures are per GPU; None means that the vendor does not state it."""

    name: str
    family: str
    """Name under which variants of memory and form are known together, such as A100."""
    vendor: str
    architecture: str
    form_factor: str
    memory_gib: float
    bandwidth_gbps: float | None
    """Memory bandwidth, in GB/s (10^9 bytes)."""
    tflops: MappingProxyType[str, float]
    """Dense throughput by precision, in 10^12 operations a second, without sparsity."""
    interconnect: str
    interconnect_gbps: float | None
    """Bandwidth between GPUs of one machine, both directions, in GB/s."""
    compute_capability: str
    """CUDA compute capability (9.0) or AMD's gfx target (gfx942); empty where there is none."""
    mig_profiles: tuple[str, ...]
    tdp_watts: int | None
    release_year: int | None
    source: str
    as_of: datetime
    """When the figures were written down (UTC)."""

    @property
    def cuda_capability(self) -> float | None:
        """Return the CUDA compute capability as major + minor / 10, None for other makers."""
        major, dot, minor = self.compute_capability.partition(".")
        return int(major) + int(minor) / 10 if dot else None

    def supports(self, precision: str) -> bool:
        """Tell whether the hardware computes at the precision natively."""
        capability = self.cuda_capability
        if capability is not None and precision in _CUDA_SINCE:
            return capability >= _CUDA_SINCE[precision]
        return precision in self.tflops
