"""What the models must be. Unknown never satisfies a constraint: a filter promises, so it does not guess."""

from __future__ import annotations

from dataclasses import dataclass

from services.models.domain.model import LicenseClass, Model
from services.models.domain.sizing.precision import find_precision
from services.models.domain.sizing.weight_groups import weights_gib
from services.models.domain.weighing import Weights


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

    def accepts(self, model: Model, weights: Weights | None) -> bool:
        """Tell whether a model of these weights satisfies every constraint."""
        return all(
            (
                not self.tasks or model.task in self.tasks,
                not self.licenses or model.license.license_id in self.licenses,
                not self.license_classes or model.license.license_class in self.license_classes,
                self.parameters_min is None
                or (model.parameters is not None and model.parameters >= self.parameters_min),
                self.parameters_max is None
                or (model.parameters is not None and model.parameters <= self.parameters_max),
                self.memory_gib_max is None
                or (weights is not None and self._weights_gib(weights) <= self.memory_gib_max),
                set(self.languages) <= set(model.languages),
                not self.libraries or model.library in self.libraries,
                self.gated is None or model.gated is self.gated,
                not self.base_model or model.base_model == self.base_model,
                self.downloads_min is None or (model.downloads is not None and model.downloads >= self.downloads_min),
                not self.open_source_only or model.license.open_source,
            )
        )

    def _weights_gib(self, weights: Weights) -> float:
        form = find_precision(self.precision) if self.precision else None
        return weights_gib(weights.parameters, form) if form else weights.published_gib
