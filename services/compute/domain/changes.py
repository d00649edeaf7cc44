"""What changed between two states of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Prices:
    """Offers by number, ascending, with their prices in micro-USD per hour."""

    number: npt.NDArray[np.uint64]
    micros: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Difference:
    """How many offers are new, changed in price, gone, and the same."""

    new: int
    changed: int
    gone: int
    same: int


@dataclass(frozen=True, slots=True)
class PriceChange:
    """One offer that changed; None where it did not exist before, or does no longer."""

    number: int
    old_micros: int | None
    new_micros: int | None

    @property
    def weight(self) -> float:
        """Return the relative change, 0.1 for a tenth up or down; 0 for an offer that is new or gone."""
        if self.old_micros is None or self.new_micros is None:
            return 0.0
        return abs(self.new_micros - self.old_micros) / self.old_micros


def joined(parts: list[Prices]) -> Prices:
    """Return the offers of several parts as one."""
    numbers = np.concatenate([np.empty(0, np.uint64), *(p.number for p in parts)])
    micros = np.concatenate([np.empty(0, np.int64), *(p.micros for p in parts)])
    order = np.argsort(numbers, kind="stable")
    return Prices(numbers[order], micros[order])


def difference(old: Prices, new: Prices) -> Difference:
    """Count what is new, changed, gone and the same."""
    _, at_old, at_new = np.intersect1d(old.number, new.number, assume_unique=True, return_indices=True)
    changed = int((old.micros[at_old] != new.micros[at_new]).sum())
    return Difference(
        new=len(new.number) - len(at_new),
        changed=changed,
        gone=len(old.number) - len(at_old),
        same=len(at_new) - changed,
    )


def price_changes(old: Prices, new: Prices) -> list[PriceChange]:
    """Return what changed: largest relative change first, then by id; new and gone offers come last."""
    _, at_old, at_new = np.intersect1d(old.number, new.number, assume_unique=True, return_indices=True)
    differs = old.micros[at_old] != new.micros[at_new]
    found = [
        PriceChange(int(old.number[o]), int(old.micros[o]), int(new.micros[n]))
        for o, n in zip(at_old[differs], at_new[differs], strict=True)
    ]
    gone = np.ones(len(old.number), np.bool_)
    gone[at_old] = False
    fresh = np.ones(len(new.number), np.bool_)
    fresh[at_new] = False
    found += [PriceChange(int(n), int(p), None) for n, p in zip(old.number[gone], old.micros[gone], strict=True)]
    found += [PriceChange(int(n), None, int(p)) for n, p in zip(new.number[fresh], new.micros[fresh], strict=True)]
    return sorted(found, key=lambda change: (-change.weight, change.number))
