"""Importer for SkyPilot catalogue folders: <cloud>/vms.csv, one row an instance type and zone.

The tables differ in what their columns mean; what is known of each cloud stands in skypilot_clouds.
"""

from __future__ import annotations

import ast
import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from services.compute.domain.integrity import Refusal, Row
from services.compute.domain.offer import Origin, PriceModel, Source
from services.compute.ingest.files import decoded
from services.compute.ingest.importer import SourceError
from services.compute.ingest.skypilot_clouds import CLOUDS, SMALLER_GIB, Cloud, gpu_of_instance
from services.compute.ingest.skypilot_gcp import join
from services.compute.ingest.skypilot_line import Line
from services.compute.ingest.source_file import SourceFile

_COLUMNS: Final = (
    "InstanceType",
    "AcceleratorName",
    "AcceleratorCount",
    "vCPUs",
    "MemoryGiB",
    "Price",
    "SpotPrice",
    "Region",
)
_MIB_FROM: Final = 1024.0
"""Below this a SizeInMiB is in GiB after all: no accelerator has less than one GiB."""
_ROUNDED: Final = 1.01
"""Tables round spot prices and those on demand apart, by less than this factor."""


class SkyPilotImporter:
    """Reads <cloud>/vms.csv files; where a cloud has several, as in a checkout with v5 to v8, the last version's."""

    def __init__(self, files: list[SourceFile]) -> None:
        tables = [f for f in files if f.parts[-1] == "vms.csv" and len(f.parts) > 1]
        self._files = {_provider(f): f for f in sorted(tables, key=_version)}
        if not self._files:
            raise SourceError("no <cloud>/vms.csv in the source")

    def providers(self) -> list[str]:
        return sorted(self._files)

    def content_hash(self, provider: str) -> str | None:
        return self._files[provider].sha256()

    def rows(self, provider: str) -> Iterator[Row | Refusal]:
        file = self._files[provider]
        cloud = CLOUDS.get(file.parts[-2], Cloud())
        place = "/".join(file.parts[-2:])
        source = Source(f"SkyPilot catalogue, {place}", file.as_of, Origin.PUBLISHED)
        lines: list[Line] = []
        for number, record in _records(file):
            line = _line(f"{place}:{number}", record, cloud)
            if isinstance(line, str):
                yield Refusal(provider, f"{place}:{number}", line)
            elif cloud.auction:
                yield Refusal(provider, line.location, "an auction's floor is not a price that one can have")
            else:
                lines.append(line)
        if cloud.joins_hosts:
            joined = join(lines)
            yield from (Refusal(provider, where, why) for where, why in joined.refused)
            lines = joined.lines
        yield from _prices(lines, provider, source)


def _version(file: SourceFile) -> list[tuple[int, str]]:
    """Return a file's path as sort key in which v10 comes after v8."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", file.name)]


def _provider(file: SourceFile) -> str:
    name = file.parts[-2]
    return CLOUDS[name].provider or name if name in CLOUDS else name


def _records(file: SourceFile) -> Iterator[tuple[int, dict[str, str]]]:
    text = io.StringIO(decoded(file), newline="")
    reader = csv.DictReader(text, restkey="rest", restval="")
    missing = [c for c in _COLUMNS if c not in (reader.fieldnames or ())]
    if missing:
        raise SourceError(f"{file.name}: the header lacks {', '.join(missing)}")
    for record in reader:
        yield reader.line_num, record


def _line(location: str, record: dict[str, str], cloud: Cloud) -> Line | str:
    """Return the row with its numbers read, or why it cannot be read."""
    numbers: dict[str, float | None] = {}
    for column in ("AcceleratorCount", "vCPUs", "MemoryGiB", "Price", "SpotPrice"):
        text = record[column].strip()
        try:
            numbers[column] = float(text) if text and text.lower() != "nan" else None
        except ValueError:
            return f"{column} is {text!r}, not a number"
    price, spot = numbers["Price"], numbers["SpotPrice"]
    if price and spot and spot > price * _ROUNDED:
        return f"the spot price {spot:g} is above the price on demand, {price:g}: one of the two is wrong"
    name, count = record["AcceleratorName"].strip(), numbers["AcceleratorCount"] or 0.0
    instance = record["InstanceType"].strip()
    info_name, info_memory = _gpu_info(record.get("GpuInfo", ""))
    memory = _gib(info_memory)
    if cloud.gpu_memory == "total" and memory is not None and count:
        memory /= count
    if cloud.gpu_memory == "ignored" and count > 1:
        memory = None
    name, count = gpu_of_instance(cloud, instance, name, count, info_name)
    return Line(
        location=location,
        instance_type=instance,
        gpu_name=name,
        gpu_count=count,
        gpu_memory_gib=memory if memory is not None else SMALLER_GIB.get(name),
        vcpus=numbers["vCPUs"],
        memory_gib=None if cloud.host_memory_is_gpu_memory and memory is None else numbers["MemoryGiB"],
        price=price,
        spot_price=spot or None,
        region=record["Region"].strip().removeprefix(", "),
        zone=record.get("AvailabilityZone", "").strip(),
    )


def _gpu_info(text: str) -> tuple[str, float | None]:
    """Return the name and the memory that a GpuInfo states: a Python literal, JSON, or a bare name."""
    if not text.startswith("{"):
        return "", None
    try:
        info: Any = ast.literal_eval(text.replace(": null", ": None"))
        gpu = info["Gpus"][0]
        size = gpu.get("MemoryInfo", {}).get("SizeInMiB")
        return str(gpu.get("Name") or ""), float(size) if size else None
    except (ValueError, SyntaxError, KeyError, IndexError, TypeError, AttributeError):
        return "", None


def _gib(size: float | None) -> float | None:
    if size is None or size < _MIB_FROM:
        return size
    return size / 1024


def _prices(lines: list[Line], provider: str, source: Source) -> Iterator[Row | Refusal]:
    """Yield on-demand and spot prices; zones are told apart only where their prices differ."""
    zones: dict[tuple[object, ...], dict[PriceModel, dict[str, tuple[Line, float]]]] = defaultdict(
        lambda: defaultdict(dict)
    )
    for line in lines:
        key = (line.instance_type, line.gpu_name, line.gpu_count, line.region)
        if line.price is None and line.spot_price is None:
            yield Refusal(provider, line.location, "states no price")
            continue
        for model, price in ((PriceModel.ON_DEMAND, line.price), (PriceModel.SPOT, line.spot_price)):
            if price is None:
                continue
            if line.zone in zones[key][model]:
                if zones[key][model][line.zone][1] != price:
                    yield Refusal(
                        provider,
                        line.location,
                        f"repeats {zones[key][model][line.zone][0].location} with another price",
                    )
                continue
            zones[key][model][line.zone] = (line, price)
    for models in zones.values():
        for model, priced in models.items():
            same = len({price for _, price in priced.values()}) == 1
            for zone, (line, price) in list(priced.items())[: 1 if same else None]:
                yield _row(line, "" if same else zone, provider, model, price, source)


def _row(line: Line, zone: str, provider: str, model: PriceModel, price: float, source: Source) -> Row:
    return Row(
        location=line.location,
        provider=provider,
        instance_type=line.instance_type,
        region=line.region,
        zone=zone,
        price_model=model,
        price_per_hour=price,
        source=source,
        vcpus=line.vcpus,
        memory_gib=line.memory_gib,
        gpu_name=line.gpu_name,
        gpu_count=line.gpu_count,
        gpu_memory_gib=line.gpu_memory_gib,
    )
