"""Bytes per trained parameter that gradients and optimizers keep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MASTER: Final = 4.0
"""The 32-bit copy of 16-bit weights under mixed precision (Micikevicius et al., arXiv:1710.03740)."""


@dataclass(frozen=True, slots=True)
class Optimizer:
    """Optimizer state: `values` per parameter, `bytes` each (None: as wide as the weights), paged to the host or
    not.
    """

    name: str
    values: float
    bytes: float | None
    paged: bool
    source: str

    def state_bytes(self, weight_bytes: float) -> float:
        """Return bytes of state per trained parameter on the GPU; paged state is on the GPU only while it is used."""
        return 0.0 if self.paged else self.values * (self.bytes if self.bytes is not None else weight_bytes)


_ADAM: Final = "Adam, arXiv:1412.6980: first and second moment"
OPTIMIZERS: Final = {
    row.name: row
    for row in (
        Optimizer("adamw", 2, None, False, _ADAM),
        Optimizer("adamw_8bit", 2, 1.03, False, "8-bit optimizers, arXiv:2110.02861: a scale per 256 values"),
        Optimizer("paged_adamw", 2, None, True, "bitsandbytes paged optimizer: state in host memory"),
        Optimizer("paged_adamw_8bit", 2, 1.03, True, "bitsandbytes paged optimizer: state in host memory"),
        Optimizer("sgd", 0, None, False, "stochastic gradient descent keeps nothing"),
        Optimizer("sgd_momentum", 1, None, False, "one momentum per parameter"),
        Optimizer("lion", 1, None, False, "Lion, arXiv:2302.06675: one momentum per parameter"),
        Optimizer("adafactor", 0.02, 4, False, "Adafactor, arXiv:1804.04235: row and column sums"),
        Optimizer("galore", 0.5, None, False, "GaLore, arXiv:2403.03507: moments of a low-rank projection"),
    )
}


def optimizer_of(name: str) -> Optimizer:
    """Return the optimizer. Raises ValueError naming the known ones."""
    key = name.lower().replace("-", "_")
    if key == "adam":
        key = "adamw"
    if key not in OPTIMIZERS:
        raise ValueError(f"unknown optimizer {name!r}; known are {', '.join(sorted(OPTIMIZERS))}")
    return OPTIMIZERS[key]
