"""What the models must be. Unknown never satisfies a constraint: a filter promises, so it does not guess."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from services.models.domain.model import LicenseClass, Model
from services.models.domain.sizing.precision import find_precision
from services.models.domain.sizing.terms import GIB

ASSUMED_BITS: Final = 16.0
"""Of published weights whose precision no source states: full weights are published at 16 bits nearly always."""


@dataclass(frozen=True, slots=True)
class ModelFilter:
    """Fields left empty do not constrain; all that are set must hold."""

    tasks: tuple[str, ...] = ()
    """Any of these pipeline tags."""
    licenses: tuple[str, ...] = ()
    """Any of these licence ids, in lower case."""
    license_classes: tuple[LicenseClass, ...] = ()
    parameters_min: int | None = None
    parameters_max: int | None = None
    memory_gib_max: float | None = None
    """Weights at the precision below fit in it."""
    precision: str = ""
    """Empty means the precision of the published weights."""
    languages: tuple[str, ...] = ()
    """All of these."""
    libraries: tuple[str, ...] = ()
    gated: bool | None = None
    base_model: str = ""
    downloads_min: int | None = None
    open_source_only: bool = False

    def accepts(self, model: Model) -> bool:
        """Tell whether a model satisfies every constraint."""
        weights = weight_gib(model, precision=self.precision)
        return all(
            (
                not self.tasks or model.task in self.tasks,
                not self.licenses or model.license.license_id in self.licenses,
                not self.license_classes or model.license.license_class in self.license_classes,
                self.parameters_min is None
                or (model.parameters is not None and model.parameters >= self.parameters_min),
                self.parameters_max is None
                or (model.parameters is not None and model.parameters <= self.parameters_max),
                self.memory_gib_max is None or (weights is not None and weights <= self.memory_gib_max),
                set(self.languages) <= set(model.languages),
                not self.libraries or model.library in self.libraries,
                self.gated is None or model.gated is self.gated,
                not self.base_model or model.base_model == self.base_model,
                self.downloads_min is None or (model.downloads is not None and model.downloads >= self.downloads_min),
                not self.open_source_only or model.license.open_source,
            )
        )


def weight_gib(model: Model, *, precision: str = "") -> float | None:
    """Return the memory of a model's weights, in GiB, at a precision or as published; None for unknown parameters.

    parameters * bits per weight / 8. An unknown published precision counts as 16 bits, or as the quantisation's bits.
    """
    if model.parameters is None:
        return None
    found = find_precision(precision or model.precision) if precision or model.precision else None
    bits = found.bits if found else ASSUMED_BITS
    if not precision and model.quantization is not None and model.quantization.bits:
        bits = model.quantization.bits
    return model.parameters * bits / 8 / GIB
