"""Bytes per trained parameter that gradients and optimizers keep."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

MASTER: Final = 4.0
"""The 32-bit copy of 16-bit weights under mixed precision (Micikevicius et al., arXiv:1710.03740)."""


@dataclass(frozen=True, slots=True)
class Optimizer:
    """Optimizer state: `values` per parameter, `bytes` each (None: as wide as the weights), paged to the host or not.

    by_layer: whether each layer is updated within the backward pass, so that only its own gradients are kept.
    temporary: values per parameter that the step makes for all parameters at once.
    """

    name: str
    values: float
    bytes: float | None
    paged: bool
    source: str
    by_layer: bool = False
    temporary: float = 0.0

    @property
    def saves_memory(self) -> bool:
        """Whether it is chosen for a smaller state than Adam's: 8 bit, paged, factored or projected."""
        return self.paged or self.bytes is not None or (self.values < 1 and self.name != "sgd")

    def state_bytes(self, weight_bytes: float) -> float:
        """Return bytes of state per trained parameter on the GPU; paged state is on the GPU only while it is used."""
        return 0.0 if self.paged else self.values * (self.bytes if self.bytes is not None else weight_bytes)


_ADAM: Final = "Adam, arXiv:1412.6980: first and second moment"
_EIGHT: Final = "8-bit optimizers, arXiv:2110.02861: a scale per 256 values"
_PAGED: Final = "bitsandbytes paged optimizer: state in host memory"
_LION: Final = "Lion, arXiv:2302.06675: one momentum per parameter"
_GALORE: Final = "GaLore, arXiv:2403.03507: moments of a low-rank projection"
_APOLLO: Final = "APOLLO, arXiv:2412.05270: moments of a projection of low rank"
_LOMO: Final = "LOMO, arXiv:2306.09782: updates within the backward pass"
_FOREACH: Final = 1.0
"""torch.optim steps over all parameters at once (foreach, its default on CUDA), which "uses ~ sizeof(params) more peak
memory"; DeepSpeed and the fused kernels do not.
"""
OPTIMIZERS: Final = {
    row.name: row
    for row in (
        Optimizer("adamw", 2, None, False, _ADAM, temporary=_FOREACH),
        Optimizer("adamw_8bit", 2, 1.03, False, _EIGHT),
        Optimizer("paged_adamw", 2, None, True, _PAGED),
        Optimizer("paged_adamw_8bit", 2, 1.03, True, _PAGED),
        Optimizer("adamw_4bit", 2, 0.53, False, "4-bit optimizers, arXiv:2309.01507: a scale per 128 values"),
        Optimizer("adafactor", 0.02, 4, False, "Adafactor, arXiv:1804.04235: row and column sums"),
        Optimizer("lion", 1, None, False, _LION),
        Optimizer("lion_8bit", 1, 1.03, False, _LION),
        Optimizer("paged_lion", 1, None, True, _PAGED),
        Optimizer("paged_lion_8bit", 1, 1.03, True, _PAGED),
        Optimizer("muon", 1, None, False, "Muon, arXiv:2502.16982: one momentum per parameter"),
        Optimizer("sgd", 0, None, False, "stochastic gradient descent keeps nothing"),
        Optimizer("sgd_momentum", 1, None, False, "one momentum per parameter"),
        Optimizer("rmsprop", 1, None, False, "RMSprop: one mean square per parameter"),
        Optimizer("prodigy", 4, None, False, "Prodigy, arXiv:2306.06101: moments, a sum and the first weights"),
        Optimizer("galore", 0.5, None, False, _GALORE),
        Optimizer("galore_8bit", 0.5, 1.03, False, _GALORE),
        Optimizer("galore_layerwise", 0.5, None, False, _GALORE, by_layer=True),
        Optimizer("galore_8bit_layerwise", 0.5, 1.03, False, _GALORE, by_layer=True),
        Optimizer("apollo", 0.1, None, False, _APOLLO),
        Optimizer("apollo_layerwise", 0.1, None, False, _APOLLO, by_layer=True),
        Optimizer("lomo", 0, None, False, _LOMO, by_layer=True),
        Optimizer("adalomo", 0.02, 4, False, f"{_LOMO}; row and column sums", by_layer=True),
    )
}
_NOISE: Final = re.compile(
    r"(?<![a-z])(torch|fused|bnb|hf|apex|deepspeed|xla|npu|optim|32bit)(?![a-z])|(?<=galore |apollo )adamw|[^a-z0-9]+"
)
"""Words of trainers' names for one implementation or another, which keep the same state."""
_PLAIN: Final = {name.replace("_", ""): row for name, row in OPTIMIZERS.items()}
_SAME: Final = {"adam": "adamw", "adam8bit": "adamw8bit", "momentum": "sgdmomentum"}


@lru_cache(maxsize=256)
def find_optimizer(name: str) -> Optimizer | None:
    """Return the optimizer that the name means ("AdamW", "adamw_torch_fused", "paged_adamw_8bit"), or None."""
    plain = _NOISE.sub("", name.lower().replace("_", " "))
    found = _PLAIN.get(_SAME.get(plain, plain))
    return replace(found, temporary=0.0) if found and found.temporary and "fused" in name.lower() else found


def optimizer_of(name: str) -> Optimizer:
    """Return the optimizer. Raises ValueError naming the known ones."""
    found = find_optimizer(name)
    if found is None:
        raise ValueError(f"unknown optimizer {name!r}; known are {', '.join(sorted(OPTIMIZERS))}")
    return found
