"""A search as the domain sees it: every field checked, names resolved."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cached_property
from typing import Final

from libs.errors import Violations
from services.compute.domain.gpu import PRECISIONS
from services.compute.domain.names import GpuNames
from services.compute.domain.offer import PriceModel
from services.compute.domain.regions import CONTINENTS, RegionMap

MAX_NAMES: Final = 200
MAX_NODES: Final = 1000
_MAX_NAME_CHARS: Final = 200
_CODE: Final = re.compile(r"[A-Za-z]{2}")
"""A country's code."""
_LISTED: Final = 40
"""A longer list of what is allowed is not told, only what comes near: countries alone are over a hundred."""


class Grouping(StrEnum):
    """How offers are joined into one result."""

    NONE = "none"
    INSTANCE = "instance"
    """One result for an instance type with its GPUs."""
    GPU_TYPE = "gpu_type"
    PROVIDER = "provider"
    PLACE = "place"
    """One result for a region of a provider."""


class Ranking(StrEnum):
    """The order of results; ties go by price, then more GPU memory, more GPUs, id."""

    PRICE = "price"
    PRICE_PER_BANDWIDTH = "price_per_bandwidth"
    PRICE_PER_TFLOPS = "price_per_tflops"
    PERFORMANCE = "performance"


Names = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferFilter:
    """What offers must be, as asked for. Empty and None do not constrain. Prices in USD, memory in GiB."""

    gpu_types: Names = ()
    gpu_types_memory_gib: float = 0.0
    """Least memory of the types above, not asked for but looked up: how near others come when none is to be had."""
    gpu_types_excluded: Names = ()
    gpu_vendors: Names = ()
    gpu_architectures: Names = ()
    compute_capability_min: float | None = None
    has_gpu: bool | None = None
    gpu_count_min: int | None = None
    gpu_count_max: int | None = None
    gpu_memory_gib_min: float | None = None
    gpu_memory_total_gib_min: float | None = None
    vcpus_min: float | None = None
    memory_gib_min: float | None = None
    price_per_hour_max: float | None = None
    price_per_month_max: float | None = None
    providers: Names = ()
    providers_excluded: Names = ()
    regions: Names = ()
    countries: Names = ()
    continents: Names = ()
    residencies: Names = ()
    price_models: tuple[PriceModel, ...] = ()
    """Empty means on demand and spot."""
    interconnect: str = ""
    precision: str = ""
    node_count_max: int | None = None
    """None: machines of 8 GPUs and more may be joined; 1: single machines; more: any machines may be joined."""


_NUMBERS: Final = tuple(f.name for f in fields(OfferFilter) if f.name.endswith(("_min", "_max")))

_OF_GPUS: Final = (
    *("gpu_types", "gpu_vendors", "gpu_architectures", "interconnect", "precision", "compute_capability_min"),
    *("gpu_count_min", "gpu_memory_gib_min", "gpu_memory_total_gib_min"),
)
PAID_BY_USE: Final = (PriceModel.ON_DEMAND, PriceModel.SPOT)
PRECISION_WHEN_UNSET: Final = "bf16"


def wants_gpus(asked: OfferFilter) -> bool:
    """Tell whether a filter asks for something that only GPUs have: without it, a machine without any is no answer."""
    return asked.has_gpu is not False and any(getattr(asked, field) for field in _OF_GPUS)


@dataclass(frozen=True, slots=True)
class OfferQuery:
    """A filter with its order and grouping."""

    filter: OfferFilter
    grouping: Grouping = Grouping.NONE
    ranking: Ranking = Ranking.PRICE


@dataclass(frozen=True)
class Vocabulary:
    """What names may be used in a filter."""

    gpus: GpuNames
    regions: RegionMap
    provider_id: Callable[[str], str]
    unlisted_gpus: frozenset[str] = frozenset()
    """Names of GPUs that the catalogue offers without knowing them."""

    @cached_property
    def closed(self) -> Mapping[str, Mapping[str, str]]:
        """Return, for each field that takes only known names, how the catalogue writes them, by name in lower case."""
        types = self.gpus.types.values()
        allowed: dict[str, Iterable[str]] = {
            "gpu_vendors": {t.vendor for t in types},
            "gpu_architectures": {t.architecture for t in types},
            "countries": self.regions.countries,
            "continents": CONTINENTS,
            "residencies": self.regions.residencies(),
            "precision": PRECISIONS,
        }
        known = {field: {_plain(name): name for name in sorted(names)} for field, names in allowed.items()}
        known["countries"] |= {_plain(name): code for name, code in self.regions.codes.items()}
        return known


def checked(asked: OfferFilter, vocabulary: Vocabulary) -> OfferFilter:
    """Return the filter with every name as the catalogue writes it.

    Raises InvalidInputError that names every bad field.
    """
    bad = Violations()
    _check_numbers(asked, bad)
    gpu_types = _gpu_names("gpu_types", asked.gpu_types, vocabulary, bad)
    known = [vocabulary.gpus.types[name].memory_gib for name in gpu_types if name in vocabulary.gpus.types]
    result = OfferFilter(
        gpu_types=gpu_types,
        gpu_types_memory_gib=min(known, default=0.0),
        gpu_types_excluded=_gpu_names("gpu_types_excluded", asked.gpu_types_excluded, vocabulary, bad),
        gpu_vendors=_closed("gpu_vendors", asked.gpu_vendors, vocabulary, bad),
        gpu_architectures=_closed("gpu_architectures", asked.gpu_architectures, vocabulary, bad),
        compute_capability_min=asked.compute_capability_min or None,
        has_gpu=asked.has_gpu,
        gpu_count_min=asked.gpu_count_min or None,
        gpu_count_max=asked.gpu_count_max,
        gpu_memory_gib_min=asked.gpu_memory_gib_min or None,
        gpu_memory_total_gib_min=asked.gpu_memory_total_gib_min or None,
        vcpus_min=asked.vcpus_min or None,
        memory_gib_min=asked.memory_gib_min or None,
        price_per_hour_max=asked.price_per_hour_max,
        price_per_month_max=asked.price_per_month_max,
        providers=_sorted("providers", map(vocabulary.provider_id, asked.providers), bad),
        providers_excluded=_sorted("providers_excluded", map(vocabulary.provider_id, asked.providers_excluded), bad),
        regions=_sorted("regions", (r.strip().lower() for r in asked.regions), bad),
        countries=_closed("countries", asked.countries, vocabulary, bad),
        continents=_closed("continents", asked.continents, vocabulary, bad),
        residencies=_closed("residencies", asked.residencies, vocabulary, bad),
        price_models=tuple(sorted(set(asked.price_models))) or PAID_BY_USE,
        interconnect=asked.interconnect.strip().lower(),
        precision="".join(_closed("precision", (asked.precision,) if asked.precision else (), vocabulary, bad)),
        node_count_max=asked.node_count_max,
    )
    if len(asked.interconnect) > _MAX_NAME_CHARS:
        bad.add("filter.interconnect", f"has {len(asked.interconnect)} characters; at most {_MAX_NAME_CHARS}")
    bad.raise_if_any()
    return result


def _check_numbers(asked: OfferFilter, bad: Violations) -> None:
    for name in _NUMBERS:
        value = getattr(asked, name)
        if value is None:
            continue
        path = f"filter.{name}"
        if not math.isfinite(value) or value < 0:
            bad.add(path, f"is {value:g}; must be a number of 0 or more")
        elif name.startswith("price") and value == 0:
            bad.add(path, "is 0; must be above 0, or unset for any price")
        elif name == "node_count_max" and not 1 <= value <= MAX_NODES:
            bad.add(path, f"is {value:g}; must be 1 to {MAX_NODES}, or unset")


def _gpu_names(field: str, names: Names, vocabulary: Vocabulary, bad: Violations) -> Names:
    found: set[str] = set()
    for name in names:
        if name in vocabulary.unlisted_gpus:
            found.add(name)
        elif types := vocabulary.gpus.resolve(name[:_MAX_NAME_CHARS]):
            found.update(t.name for t in types)
        else:
            near = ", ".join(dict.fromkeys(vocabulary.gpus.suggest(name[:_MAX_NAME_CHARS])))
            hint = f"did you mean {near}?" if near else "ListGpuTypes lists the known ones"
            bad.add(f"filter.{field}", f"{name[:_MAX_NAME_CHARS]!r} is no known GPU type; {hint}")
    return _sorted(field, found, bad)


def _plain(name: str) -> str:
    return name.lower().replace(" ", "").replace("-", "")


def _closed(field: str, names: Names, vocabulary: Vocabulary, bad: Violations) -> Names:
    """Return names as the catalogue writes them; every other is a violation that lists what is allowed."""
    if not names:
        return ()
    known = vocabulary.closed[field]
    found = set()
    for name in names:
        if (key := _plain(name)) in known:
            found.add(known[key])
        elif field == "countries" and _CODE.fullmatch(name):
            # A country where nobody offers anything, as a part of the world has some, is no mistake.
            found.add(name.upper())
        else:
            allowed = sorted({*known.values()})
            near = difflib.get_close_matches(key, sorted(known), n=3, cutoff=0.6)
            hint = ", ".join(allowed) if len(allowed) <= _LISTED else "the known ones, which ListRegions shows"
            hint += f"; did you mean {', '.join(dict.fromkeys(known[n] for n in near))}?" if near else ""
            bad.add(f"filter.{field}", f"{name[:_MAX_NAME_CHARS]!r} is not one of {hint}")
    return _sorted(field, found, bad)


def _sorted(field: str, names: Iterable[str], bad: Violations) -> Names:
    result = tuple(sorted(set(names)))
    if not result:
        return result
    if len(result) > MAX_NAMES:
        bad.add(f"filter.{field}", f"has {len(result)} names; at most {MAX_NAMES}")
    if any(len(name) > _MAX_NAME_CHARS or not name for name in result):
        bad.add(f"filter.{field}", f"has a name that is empty or longer than {_MAX_NAME_CHARS} characters")
    return result
