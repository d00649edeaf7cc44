"""Offers in columns: what makes a search over a million of them cheap.

Offers of one machine stand together, cheapest first, so that what a machine is gets tested once for all its offers,
and the first of its offers that fits is its best by any ranking.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

from services.compute.domain.gpu import GpuType
from services.compute.domain.offer import Machine, Offer, Place, PriceModel, Source
from services.compute.domain.regions import Region, RegionMap

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_MAX_MASKS: Final = 256
_T = TypeVar("_T", bound=np.generic)

PRICE_MODELS: Final = tuple(PriceModel)
"""Position is the code in the price model column."""
MODEL_CODES: Final = {model: code for code, model in enumerate(PRICE_MODELS)}


@dataclass(frozen=True, slots=True)
class Part:
    """The offers of one provider from one source, as columns; machine, place and source are positions in the lists."""

    provider: str
    machines: Sequence[Machine]
    places: Sequence[Place]
    sources: Sequence[Source]
    number: npt.NDArray[np.uint64]
    machine: npt.NDArray[np.int32]
    place: npt.NDArray[np.int32]
    price_model: npt.NDArray[np.uint8]
    price_micros: Ints
    source: npt.NDArray[np.int32]


def numbered(offers: Iterable[Offer]) -> dict[int, Offer]:
    """Return offers by number; of offers with the same number the first stays."""
    found: dict[int, Offer] = {}
    for offer in offers:
        found.setdefault(offer.number, offer)
    return found


def part_of(provider: str, offers: Mapping[int, Offer]) -> Part:
    """Return offers of one provider, by number, as columns."""
    machines: dict[Machine, int] = {}
    places: dict[Place, int] = {}
    sources: dict[Source, int] = {}
    rows = [
        (
            number,
            machines.setdefault(o.machine, len(machines)),
            places.setdefault(o.place, len(places)),
            MODEL_CODES[o.price_model],
            o.price_micros,
            sources.setdefault(o.source, len(sources)),
        )
        for number, o in sorted(offers.items())
    ]
    columns = list(zip(*rows, strict=True)) or [()] * 6
    return Part(
        provider,
        list(machines),
        list(places),
        list(sources),
        np.array(columns[0], np.uint64),
        np.array(columns[1], np.int32),
        np.array(columns[2], np.int32),
        np.array(columns[3], np.uint8),
        np.array(columns[4], np.int64),
        np.array(columns[5], np.int32),
    )


@dataclass(frozen=True, slots=True)
class MachineColumns:
    """What the machines are, one entry each; 0 where there is no GPU, and where a figure is not stated."""

    provider: npt.NDArray[np.int32]
    instance: npt.NDArray[np.int32]
    """Group of an instance type with its GPUs; ascending."""
    instance_types: list[str]
    gpu: npt.NDArray[np.int32]
    """Position in OfferIndex.gpu_names; 0 is no GPU."""
    gpu_count: npt.NDArray[np.int32]
    gpu_memory_gib: Floats
    gpu_total_gib: Floats
    vcpus: Floats
    memory_gib: Floats
    local_disk_gb: Floats
    network_gbits: Floats


@dataclass(frozen=True)
class OfferIndex:
    """All offers of one snapshot. Immutable; a new snapshot is a new index."""

    snapshot_id: str
    providers: list[str]
    gpu_names: list[str]
    """Position 0 is the empty name of CPU-only machines."""
    gpu_types: list[GpuType | None]
    """By position in gpu_names; None for CPU-only machines and unknown GPUs."""
    machines: MachineColumns
    start: Ints
    """Offers of machine m are start[m] to start[m + 1] - 1."""
    places: list[Place]
    regions: list[Region]
    """Where each place lies, by position in places."""
    sources: list[Source]
    number: npt.NDArray[np.uint64]
    machine: npt.NDArray[np.int32]
    place: npt.NDArray[np.int32]
    price_model: npt.NDArray[np.uint8]
    price_micros: Ints
    source: npt.NDArray[np.int32]
    _masks: dict[tuple[object, ...], Bools] = field(default_factory=dict, compare=False)
    """Machines and places that a filter's names allow, remembered."""

    def __len__(self) -> int:
        return len(self.number)

    @cached_property
    def by_number(self) -> npt.NDArray[np.int32]:
        """Return the offers' positions in the order of their ids."""
        return np.argsort(self.number, kind="stable").astype(np.int32)

    @cached_property
    def region_names(self) -> list[str]:
        """Return the names of all regions, of all providers."""
        return sorted({place.region for place in self.places})

    @cached_property
    def region_of_place(self) -> npt.NDArray[np.int64]:
        """Return the position in region_names of each place."""
        codes = {name: code for code, name in enumerate(self.region_names)}
        return np.array([codes[place.region] for place in self.places], np.int64)

    @cached_property
    def slot(self) -> npt.NDArray[np.int32]:
        """Return place and price model of each offer as one number, for tables of both."""
        return self.place * np.int32(len(PRICE_MODELS)) + self.price_model

    @cached_property
    def place_counts(self) -> Ints:
        """Return the number of offers at each place."""
        return np.bincount(self.place, minlength=len(self.places))

    @cached_property
    def model_counts(self) -> Ints:
        """Return the number of offers of each price model, by code."""
        return np.bincount(self.price_model, minlength=len(PRICE_MODELS))

    @cached_property
    def unlisted_gpus(self) -> frozenset[str]:
        """Return the names of GPUs that are offered but not known."""
        return frozenset(n for n, t in zip(self.gpu_names[1:], self.gpu_types[1:], strict=True) if t is None)

    @cached_property
    def instance_is_machine(self) -> bool:
        """Tell whether no instance type comes in several shapes."""
        return len(self.machines.instance) == len(np.unique(self.machines.instance))

    def mask(self, key: tuple[object, ...], compute: Callable[[], Bools]) -> Bools:
        """Return a mask that depends on nothing but its key, computed once as long as there is room."""
        found = self._masks.get(key)
        if found is None:
            found = compute()
            if len(self._masks) < _MAX_MASKS:
                self._masks[key] = found
        return found

    def find(self, number: int) -> int | None:
        """Return the position of an offer by its number, None when there is none."""
        at = int(np.searchsorted(self.number, np.uint64(number), sorter=self.by_number))
        if at < len(self) and int(self.number[self.by_number[at]]) == number:
            return int(self.by_number[at])
        return None

    def offer(self, row: int) -> Offer:
        """Return the offer at a position."""
        return Offer(
            self.machine_at(int(self.machine[row])),
            self.places[self.place[row]],
            PRICE_MODELS[self.price_model[row]],
            int(self.price_micros[row]),
            self.sources[self.source[row]],
        )

    def machine_at(self, position: int) -> Machine:
        """Return the machine at a position."""
        columns = self.machines
        gpu, count = int(columns.gpu[position]), int(columns.gpu_count[position])
        return Machine(
            provider=self.providers[columns.provider[position]],
            instance_type=columns.instance_types[position],
            gpu_type=self.gpu_names[gpu],
            gpu_known=not count or self.gpu_types[gpu] is not None,
            gpu_count=count,
            gpu_memory_gib=float(columns.gpu_memory_gib[position]) if count else None,
            vcpus=float(columns.vcpus[position]) or None,
            memory_gib=float(columns.memory_gib[position]) or None,
            local_disk_gb=float(columns.local_disk_gb[position]) or None,
            network_gbits=float(columns.network_gbits[position]) or None,
        )

    def spot_micros(self, row: int) -> int | None:
        """Return the lowest spot price of the same machine in the same region, in micro-USD per hour."""
        machine = self.machine[row]
        rows = slice(self.start[machine], self.start[machine + 1])
        region = self.places[self.place[row]].region
        models, places, prices = self.price_model[rows], self.place[rows], self.price_micros[rows]
        for at in np.flatnonzero(models == MODEL_CODES[PriceModel.SPOT]):
            if self.places[places[at]].region == region:
                return int(prices[at])
        return None


def build_index(snapshot_id: str, parts: Sequence[Part], gpus: Mapping[str, GpuType], regions: RegionMap) -> OfferIndex:
    """Return the index of a snapshot's parts. gpus maps canonical names to types."""
    parts = sorted((p for p in parts if len(p.number)), key=lambda p: p.provider)
    machines = [m for p in parts for m in p.machines]
    order = sorted(range(len(machines)), key=lambda i: _machine_key(machines[i]))
    machine_of = np.empty(len(machines), np.int32)
    machine_of[order] = np.arange(len(machines), dtype=np.int32)
    places = [(p.provider, place) for p in parts for place in p.places]

    machine = machine_of[_joined(parts, "machine", "machines")]
    number, price = _column(parts, "number", np.uint64), _column(parts, "price_micros", np.int64)
    rows = np.lexsort((number, price, machine))
    machine = machine[rows]
    names = ["", *sorted({m.gpu_type for m in machines if m.gpu_count})]
    providers = sorted({m.provider for m in machines})
    return OfferIndex(
        snapshot_id=snapshot_id,
        providers=providers,
        gpu_names=names,
        gpu_types=[gpus.get(name) for name in names],
        machines=_machine_columns([machines[i] for i in order], names, providers),
        start=np.searchsorted(machine, np.arange(len(machines) + 1)).astype(np.int64),
        places=[place for _, place in places],
        regions=[regions.locate(provider, place.region) for provider, place in places],
        sources=[s for p in parts for s in p.sources],
        number=number[rows],
        machine=machine,
        place=_joined(parts, "place", "places")[rows],
        price_model=_column(parts, "price_model", np.uint8)[rows],
        price_micros=price[rows],
        source=_joined(parts, "source", "sources")[rows],
    )


def _machine_key(machine: Machine) -> tuple[str, str, str, int, float, float, float]:
    return (
        machine.provider,
        machine.instance_type,
        machine.gpu_type,
        machine.gpu_count,
        machine.gpu_memory_gib or 0.0,
        machine.vcpus or 0.0,
        machine.memory_gib or 0.0,
    )


def _column(parts: Sequence[Part], name: str, dtype: type[_T]) -> npt.NDArray[_T]:
    return np.concatenate([np.empty(0, dtype), *(getattr(p, name) for p in parts)])


def _joined(parts: Sequence[Part], name: str, lists: str) -> npt.NDArray[np.int32]:
    """Return a column of positions over all parts, shifted to positions in the joined lists."""
    shifted, offset = [np.empty(0, np.int32)], 0
    for part in parts:
        shifted.append(getattr(part, name) + np.int32(offset))
        offset += len(getattr(part, lists))
    return np.concatenate(shifted)


def _machine_columns(machines: Sequence[Machine], names: list[str], providers: list[str]) -> MachineColumns:
    gpu_codes = {name: code for code, name in enumerate(names)}
    provider_codes = {name: code for code, name in enumerate(providers)}
    instances: dict[tuple[str, str, str, int], int] = {}
    groups = [
        instances.setdefault((m.provider, m.instance_type, m.gpu_type, m.gpu_count), len(instances)) for m in machines
    ]
    count = np.array([m.gpu_count for m in machines], np.int32)
    memory = np.array([m.gpu_memory_gib or 0.0 for m in machines], np.float64)
    return MachineColumns(
        provider=np.array([provider_codes[m.provider] for m in machines], np.int32),
        instance=np.array(groups, np.int32),
        instance_types=[m.instance_type for m in machines],
        gpu=np.array([gpu_codes[m.gpu_type] if m.gpu_count else 0 for m in machines], np.int32),
        gpu_count=count,
        gpu_memory_gib=memory,
        gpu_total_gib=count * memory,
        vcpus=np.array([m.vcpus or 0.0 for m in machines], np.float64),
        memory_gib=np.array([m.memory_gib or 0.0 for m in machines], np.float64),
        local_disk_gb=np.array([m.local_disk_gb or 0.0 for m in machines], np.float64),
        network_gbits=np.array([m.network_gbits or 0.0 for m in machines], np.float64),
    )
