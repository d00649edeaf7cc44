"""What the columns of each cloud's SkyPilot table mean, where that is not what their names say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

SMALLER_GIB: Final = {"A100": 40.0, "V100": 16.0}
"""Memory that SkyPilot means by names that leave it open: it writes the larger variants as A100-80GB and V100-32GB."""


@dataclass(frozen=True, slots=True)
class Cloud:
    """How to read one cloud's table."""

    provider: str = ""
    """The catalogue's id of the provider where it differs from the folder's name."""
    gpu_memory: Literal["each", "total", "ignored"] = "each"
    """Whether SizeInMiB is of one GPU, of all, or wrong for more than one."""
    host_memory_is_gpu_memory: bool = False
    """In rows that name the GPU only, MemoryGiB holds the memory of the GPUs."""
    auction: bool = False
    """Prices are the floors of an auction."""
    joins_hosts: bool = False
    """Accelerators and the machines that carry them are priced in rows of their own."""
    variants: tuple[tuple[str, str, str], ...] = ()
    """(pattern of the instance type, GPU name in the table, GPU it is); the first that fits holds."""
    slices: tuple[str, ...] = ()
    """Patterns of instance types with a part of the GPU that the table counts as whole."""
    unnamed: tuple[tuple[str, str, float], ...] = ()
    """(pattern of the instance type, GPU, count) of machines whose GPUs the table leaves out; 0.5 stands for a slice.

    The last is for the rest, so that no machine with GPUs passes for one without.
    """
    counts: tuple[tuple[str, int], ...] = ()
    """(pattern of the instance type, GPUs it has) of machines that the table miscounts."""
    gpu_machines: str = ""
    """What the instance types of machines with GPUs begin with."""
    gpu_in_instance: str = ""
    """Pattern whose first group is the GPU's name within the instance type, where that says more than the table."""


CLOUDS: Final = {
    "aws": Cloud(variants=((r"^inf2\.", "Inferentia", "Inferentia2"), (r"^trn2", "Trainium", "Trainium2"))),
    "azure": Cloud(
        variants=(
            (r"^Standard_NC.*_A100", "A100-80GB", "A100-80GB-PCIe"),
            (r"^Standard_NCC?\d+\w*_H100", "H100", "H100-NVL"),
            (r"^Standard_NC\d+r?s_v3", "V100", "V100-16GB-PCIe"),
        ),
        counts=((r"^Standard_ND96\w+_(A100|H100|H200|MI300X)_v\d$", 8),),
        gpu_machines="Standard_N",
        slices=(r"^Standard_NV(4|8|16)as_v4$",),
        unnamed=(
            (r"_MI300X_v5$", "MI300X", 8),
            (r"_GB200_v6$", "GB200", 4),
            (r"_GB300_v6$", "GB300", 4),
            (r"^Standard_NCC40ads_H100_v5$", "H100-NVL", 1),
            (r"^Standard_NC(8|16)ads_A10_v4$", "A10", 1),
            (r"^Standard_NC32ads_A10_v4$", "A10", 2),
            (r"^Standard_NV28adms_V710_v5$", "V710", 1),
            (r"_V710_v5$", "V710", 0.5),
            (r"^Standard_NG32adm?s_V620_v1$", "V620", 1),
            (r"_V620_v1$", "V620", 0.5),
            (r"", "", 1),
        ),
    ),
    "do": Cloud(provider="digitalocean"),
    "gcp": Cloud(joins_hosts=True),
    "hyperbolic": Cloud(),
    "ibm": Cloud(variants=((r".*", "V100", "V100-16GB-PCIe"),)),
    "mithril": Cloud(auction=True),
    "paperspace": Cloud(host_memory_is_gpu_memory=True, variants=((r".*", "V100", "V100-16GB-PCIe"),)),
    "runpod": Cloud(
        host_memory_is_gpu_memory=True,
        variants=((r".*", "A100-80GB", "A100-80GB-PCIe"), (r".*", "H100", "H100-PCIe")),
    ),
    "shadeform": Cloud(variants=((r"^paperspace_", "V100", "V100-16GB-PCIe"),)),
    "vast": Cloud(gpu_memory="total", gpu_in_instance=r"^\d+x-(.+)-\d+-\d+$"),
    "verda": Cloud(gpu_memory="ignored"),
}

_FORM: Final = re.compile(r"(?<![a-z])(sxm|pcie|nvl)\d?(?![a-z])", re.IGNORECASE)


def gpu_of_instance(cloud: Cloud, instance: str, name: str, count: float, info_name: str) -> tuple[str, float]:
    """Return GPU and count of a machine, as exactly as the table and the name of the instance type tell."""
    if not name:
        if not cloud.unnamed or not instance.startswith(cloud.gpu_machines):
            return "", count
        named = ((gpu, number) for pattern, gpu, number in cloud.unnamed if re.search(pattern, instance))
        return next(named, ("", count))
    count = next((whole for pattern, whole in cloud.counts if re.search(pattern, instance)), count)
    if any(re.search(pattern, instance) for pattern in cloud.slices):
        return name, 0.5
    if cloud.gpu_in_instance and (stated := re.search(cloud.gpu_in_instance, instance)):
        return stated[1], count
    for pattern, listed, gpu in cloud.variants:
        if listed == name and re.search(pattern, instance):
            return gpu, count
    if tpu := re.fullmatch(r"(tpu-v\w+)-(\d+)", name):
        return tpu[1], tpu_chips(tpu[1], int(tpu[2]))
    if (form := _FORM.search(f"{instance} {info_name}".replace("_", " "))) and not _FORM.search(name):
        return f"{name}-{form[1]}", count
    return name, count


def tpu_chips(generation: str, size: int) -> int:
    """Return the chips of a TPU slice: v2, v3, v4 and v5p count TensorCores, two a chip, the others chips."""
    return size // 2 if generation in ("tpu-v2", "tpu-v3", "tpu-v4", "tpu-v5p") else size
