"""Google Cloud prices an accelerator and the machine that carries it in rows of their own; this joins them by zone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from services.compute.ingest.skypilot_line import Line

_HOSTS: Final[dict[str, dict[int, tuple[str, ...]]]] = {
    "A100": {
        1: ("a2-highgpu-1g",),
        2: ("a2-highgpu-2g",),
        4: ("a2-highgpu-4g",),
        8: ("a2-highgpu-8g",),
        16: ("a2-megagpu-16g",),
    },
    "A100-80GB": {n: (f"a2-ultragpu-{n}g",) for n in (1, 2, 4, 8)},
    "H100": {n: (f"a3-highgpu-{n}g",) for n in (1, 2, 4, 8)},
    "H100-MEGA": {8: ("a3-megagpu-8g",)},
    "H200": {8: ("a3-ultragpu-8g",)},
    "B200": {8: ("a4-highgpu-8g",)},
    "GB200": {4: ("a4x-highgpu-4g",)},
    "L4": {
        1: tuple(f"g2-standard-{n}" for n in (4, 8, 12, 16, 32)),
        2: ("g2-standard-24",),
        4: ("g2-standard-48",),
        8: ("g2-standard-96",),
    },
    "RTXPRO6000": {1: ("g4-standard-48",), 2: ("g4-standard-96",), 4: ("g4-standard-192",), 8: ("g4-standard-384",)},
    "T4": {1: ("n1-standard-4",), 2: ("n1-standard-8",), 4: ("n1-standard-16",)},
    "P4": {1: ("n1-standard-4",), 2: ("n1-standard-8",), 4: ("n1-standard-16",)},
    "P100": {1: ("n1-standard-8",), 2: ("n1-standard-16",), 4: ("n1-standard-32",)},
    "V100": {1: ("n1-standard-8",), 2: ("n1-standard-16",), 4: ("n1-standard-32",), 8: ("n1-standard-64",)},
}
"""Machines that carry an accelerator, by count. On n1 any size may: the usual one, 4 or 8 vCPUs a GPU, is taken."""

_CARRIER: Final = re.compile(r"^(a2|a3|a4|a4x|g2|g4|ct\w*)-|-tpu$")
"""Machines that cannot be had without their accelerators."""


@dataclass(frozen=True, slots=True)
class Joined:
    """Whole machines, and the rows that could not be made one: (location, reason)."""

    lines: list[Line]
    refused: list[tuple[str, str]]


def join(lines: Iterable[Line]) -> Joined:
    """Return machines with their accelerators, each priced as a whole."""
    hosts = {(line.instance_type, line.zone): line for line in lines if line.instance_type}
    joined = Joined([line for line in hosts.values() if not _CARRIER.search(line.instance_type)], [])
    for line in lines:
        if line.instance_type:
            continue
        if line.gpu_name.startswith("tpu-"):
            joined.lines.append(replace(line, instance_type=f"{line.gpu_name}x{line.gpu_count:.0f}"))
            continue
        names = _HOSTS.get(line.gpu_name, {}).get(int(line.gpu_count), ())
        found = [hosts[name, line.zone] for name in names if (name, line.zone) in hosts]
        if not found:
            what = " or ".join(names) or f"machine for {line.gpu_count:g} {line.gpu_name}"
            joined.refused.append((line.location, f"no {what} is priced in {line.zone}"))
        joined.lines.extend(_whole(host, line) for host in found)
    return joined


def _whole(host: Line, accelerator: Line) -> Line:
    return replace(
        accelerator,
        instance_type=host.instance_type,
        vcpus=host.vcpus,
        memory_gib=host.memory_gib,
        price=_sum(host.price, accelerator.price, host),
        spot_price=_sum(host.spot_price, accelerator.spot_price, host),
    )


def _sum(host_price: float | None, accelerator_price: float | None, host: Line) -> float | None:
    """Return the price of both, None unless both are priced; a host at 0 is part of its accelerators' price."""
    if accelerator_price is None or (host_price is None and host.price != 0):
        return None
    return (host_price or 0.0) + accelerator_price
