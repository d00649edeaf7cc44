"""The project's own tables that do not change with prices: GPU types, names, providers, countries and regions."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from services.compute.domain.estimate import EgressTier, PriceLists, StoragePrice, UnitPrice
from services.compute.domain.gpu import PRECISIONS, GpuType
from services.compute.domain.names import GpuNames, compact
from services.compute.domain.regions import Country, RegionMap


@dataclass(frozen=True, slots=True)
class Reference:
    """What the tables say."""

    gpus: GpuNames
    gpu_aliases: MappingProxyType[str, str]
    regions: RegionMap
    providers: MappingProxyType[str, str]
    """Provider id -> title."""
    provider_aliases: MappingProxyType[str, str]
    """Name in lower case, letters and digits only -> provider id."""
    networks: MappingProxyType[tuple[str, str], float]
    """(provider, instance type) -> network of the machine, in Gbit/s, for machines that are joined to clusters."""

    def provider_id(self, name: str) -> str:
        """Return the id of a provider by id, alias or title; the name itself, in lower case, when it is not known."""
        return self.provider_aliases.get(compact(name), name.strip().lower())


@cache
def load_reference() -> Reference:
    """Read the tables once; they come with the code."""
    aliases = {row["alias"]: row["gpu_type"] for row in table("gpu_aliases.csv")}
    countries = [Country(r["country"], r["name"], r["continent"], r["residency"]) for r in table("countries.csv")]
    regions = {(r["provider"], r["region"]): (r["country"], r["place"]) for r in table("regions.csv")}
    networks = {(r["provider"], r["instance_type"]): float(r["network_gbits"]) for r in table("machine_networks.csv")}
    titles, provider_aliases = {}, {}
    for row in table("providers.csv"):
        titles[row["provider"]] = row["title"]
        for name in (row["provider"], row["title"], *row["aliases"].split()):
            provider_aliases[compact(name)] = row["provider"]
    return Reference(
        gpus=GpuNames((_gpu(row) for row in table("gpu_types.csv")), aliases),
        gpu_aliases=MappingProxyType(aliases),
        regions=RegionMap(countries, regions),
        providers=MappingProxyType(titles),
        provider_aliases=MappingProxyType(provider_aliases),
        networks=MappingProxyType(networks),
    )


@cache
def table_hash() -> str:
    """Return a hash of the tables that decide what an imported row becomes."""
    digest = hashlib.sha256()
    for name in ("gpu_types.csv", "gpu_aliases.csv", "providers.csv", "machine_networks.csv"):
        digest.update((files("services.compute") / "starter" / name).read_bytes())
    return digest.hexdigest()


def table(name: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a starter table by column name."""
    text = (files("services.compute") / "starter" / name).read_text(encoding="utf-8")
    yield from csv.DictReader(text.splitlines())


def _gpu(row: dict[str, str]) -> GpuType:
    throughput = {p: row[f"{p}_tops" if p == "int8" else f"{p}_tflops"] for p in PRECISIONS}
    return GpuType(
        name=row["gpu_type"],
        family=row["family"],
        vendor=row["vendor"],
        architecture=row["architecture"],
        form_factor=row["form_factor"],
        memory_gib=float(row["memory_gib"]),
        bandwidth_gbps=_number(row["bandwidth_gbps"]),
        tflops=MappingProxyType({p: float(v) for p, v in throughput.items() if v}),
        interconnect=row["interconnect"],
        interconnect_gbps=_number(row["interconnect_gbps"]),
        compute_capability=row["compute_capability"],
        mig_profiles=tuple(row["mig_profiles"].split()),
        tdp_watts=int(row["tdp_w"]) if row["tdp_w"] else None,
        release_year=int(row["year"]) if row["year"] else None,
        source=row["source"],
        as_of=_date(row["as_of"]),
    )


@cache
def load_price_lists() -> PriceLists:
    """Read what storage and traffic cost."""
    storage: dict[tuple[str, str], list[StoragePrice]] = {}
    for row in table("storage_prices.csv"):
        unit = _unit(row, row["price_per_gb_month"], f"storage/{row['provider']}/{row['region']}/{row['kind']}")
        storage.setdefault((row["provider"], row["kind"]), []).append(StoragePrice(row["region"], unit))
    egress: dict[str, list[EgressTier]] = {}
    for row in table("egress_prices.csv"):
        unit = _unit(
            row,
            row["price_per_gb"],
            "/".join(("egress", row["provider"], *row["continents"].split()[:1], row["from_gb"])),
        )
        tier = EgressTier(tuple(row["continents"].split()), float(row["from_gb"]), unit)
        egress.setdefault(row["provider"], []).append(tier)
    return PriceLists(storage, egress)


def _unit(row: dict[str, str], price: str, record_id: str) -> UnitPrice:
    return UnitPrice(Decimal(price), row["source"], _date(row["as_of"]), record_id)


def _date(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _number(text: str) -> float | None:
    return float(text) if text else None
