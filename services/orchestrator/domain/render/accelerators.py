"""How SkyPilot calls accelerators: its canonical names, and where a cloud's table has another.

Source: SkyPilot's catalogues, version 8, read 2026-11; its own look-up ignores case.
"""

from __future__ import annotations

import re
from typing import Final

_RULES: Final = (
    (re.compile(r"A100-40GB-?\w*"), "A100"),
    (re.compile(r"(A100-80GB|A800-80GB|V100-32GB)-?\w*"), r"\1"),
    (re.compile(r"V100-16GB-?\w*"), "V100"),
    (re.compile(r"(H100|H800)-80GB-?\w*"), r"\1"),
    (re.compile(r"H200-141GB-?\w*"), "H200"),
    (re.compile(r"(H100|H200|H800|B200|B300|P100)-(SXM|PCIe)", re.IGNORECASE), r"\1"),
    (re.compile(r"RTXPRO6000-\w+", re.IGNORECASE), "RTXPRO6000"),
    (re.compile(r"RTX-A6000"), "RTXA6000"),
    (re.compile(r"((?:RTX|GTX)\w+)-\d+GB"), r"\1"),
)
_OF_CLOUD: Final = {
    "aws": {"T4G": "T4g", "Gaudi": "Gaudi HL-205", "V520": "Radeon Pro V520", "AI100": "Qualcomm AI100"},
    "azure": {"MI25": "Radeon MI25"},
    "lambda": {"RTXA6000": "A6000"},
    "paperspace": {"RTXA4000": "A4000"},
    "runpod": {"H100-SXM": "H100-SXM", "A100-80GB-SXM": "A100-80GB-SXM", "H100-NVL": "H100-NVL"},
    "shadeform": {
        "RTXA4000": "A4000", "RTXA5000": "A5000", "RTXA6000": "A6000", "RTX6000-Ada": "RTX6000Ada",
        "RTXPRO6000-Server": "RTXPro6000", "RTXPRO6000-Workstation": "RTXPro6000",
    },
    "vast": {"RTXPRO6000-Server": "RTXPRO6000S"},
    "verda": {
        "A100-40GB-SXM": "A100-40GB", "RTXA6000": "RTX-A6000", "RTX6000-Ada": "RTX-6000-Ada",
        "RTXPRO6000-Server": "RTX-PRO-6000", "V100-16GB-SXM": "Tesla-V100",
    },
}  # fmt: skip
_CORES_PER_CHIP: Final = {"tpu-v2": 2, "tpu-v3": 2, "tpu-v4": 2, "tpu-v5p": 2}
"""Generations whose slices are named by cores rather than chips."""


def accelerators(gpu_type: str, cloud: str, *, per_node: int, nodes: int) -> tuple[dict[str, int], int]:
    """Return accelerators and machines as a task names them; a slice of TPUs is one accelerator on one machine."""
    if gpu_type.lower().startswith("tpu"):
        generation = gpu_type.lower()
        size = per_node * nodes * _CORES_PER_CHIP.get(generation, 1)
        return {f"{generation.replace('v5e', 'v5litepod')}-{size}": 1}, 1
    return {accelerator(gpu_type, cloud): per_node}, nodes


def accelerator(gpu_type: str, cloud: str) -> str:
    """Return SkyPilot's name of a GPU type at a cloud."""
    if gpu_type in _OF_CLOUD.get(cloud, {}):
        return _OF_CLOUD[cloud][gpu_type]
    found = ((rule.fullmatch(gpu_type), name) for rule, name in _RULES)
    return next((m.expand(name) for m, name in found if m), gpu_type)
