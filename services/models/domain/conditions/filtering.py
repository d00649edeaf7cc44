"""What conditions in words ask beside the filter of a request, and how an answer tells them."""

from __future__ import annotations

from dataclasses import replace

from services.models.domain.filters import ModelFilter
from services.models.domain.model import LicenseClass


def beside(wanted: ModelFilter, said: ModelFilter) -> ModelFilter:
    """Return what of conditions in words the filter of the request leaves open: of each kind its own word counts."""
    licensed = bool(wanted.licenses or wanted.license_classes or wanted.open_source_only)
    sized = wanted.parameters_min is not None or wanted.parameters_max is not None
    return replace(
        said,
        licenses=() if licensed else said.licenses,
        license_classes=() if licensed else said.license_classes,
        open_source_only=not licensed and said.open_source_only,
        parameters_min=None if sized else said.parameters_min,
        parameters_max=None if sized else said.parameters_max,
        memory_gib_max=None if wanted.memory_gib_max is not None else said.memory_gib_max,
        precision="" if wanted.memory_gib_max is not None else said.precision,
        gated=None if wanted.gated is not None else said.gated,
    )


def in_words(said: ModelFilter) -> tuple[str, ...]:
    """Return each condition in words."""
    low, high = said.parameters_min, said.parameters_max
    classes = {LicenseClass.COMMERCIAL: "commercial use", LicenseClass.ATTRIBUTION: "commercial use with attribution"}
    told = (
        low is not None and f"at least {low / 1e9:.3g} billion parameters",
        high is not None and f"at most {high / 1e9:.3g} billion parameters",
        said.memory_gib_max is not None
        and f"weights within {said.memory_gib_max:g} GiB at {said.precision or 'their published precision'}",
        said.licenses and f"licence {' or '.join(said.licenses)}",
        said.license_classes and f"licence for {' or '.join(classes[c] for c in said.license_classes)}",
        said.open_source_only and "open-source licence",
        said.gated is False and "not gated",
    )
    return tuple(text for text in told if text)
