"""One row of a SkyPilot table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table, with numbers read; prices in USD per hour, None where empty."""

    location: str
    instance_type: str
    gpu_name: str
    gpu_count: float
    gpu_memory_gib: float | None
    vcpus: float | None
    memory_gib: float | None
    price: float | None
    spot_price: float | None
    region: str
    zone: str
