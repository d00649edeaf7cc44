"""Importer for gpuhunt: the catalogue it publishes, providers asked live, or <provider>.csv files in its format.

Asking needs the library, an optional extra; files are read without it.
"""

from __future__ import annotations

import csv
import importlib
import inspect
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from services.compute.domain.integrity import Refusal, Row
from services.compute.domain.offer import Origin, PriceModel, Source
from services.compute.ingest.files import decoded, find_files
from services.compute.ingest.importer import SourceError
from services.compute.ingest.skypilot_clouds import tpu_chips
from services.compute.ingest.source_file import SourceFile
from services.compute.reference import load_reference

PUBLISHED: Final = "published"
LIVE: Final = "live:"
_REQUIRED: Final = ("instance_name", "location", "price", "cpu", "memory", "gpu_count", "spot")
_ZONE: Final = re.compile(r"^([a-z]+-[a-z]+\d+)-[a-z]$")
"""Google Cloud locations are zones: us-central1-a."""
_CLUSTER_ONLY: Final = "runpod-cluster"
"""Flag of machines that come two and more at a time, at a price of their own."""


class GpuhuntImporter:
    """Reads gpuhunt's offers from wherever the location says: published, live:NAME,NAME, or files."""

    def __init__(self, location: str) -> None:
        self._items: dict[str, Callable[[], Iterable[Mapping[str, Any]]]] = {}
        self._sources: dict[str, Source] = {}
        self._files: dict[str, SourceFile] = {}
        if location == PUBLISHED:
            self._from_catalogue()
        elif location.startswith(LIVE):
            for name in location.removeprefix(LIVE).split(","):
                self._add(name, lambda name=name: _ask(name), "gpuhunt, asked live", datetime.now(UTC), Origin.LIVE)  # type: ignore[misc]
        else:
            for file in find_files(location):
                if file.name.endswith(".csv"):
                    name = file.parts[-1].removesuffix(".csv")
                    self._files[load_reference().provider_id(name)] = file
                    self._add(name, lambda file=file: _lines(file), "gpuhunt catalogue", file.as_of, Origin.PUBLISHED)  # type: ignore[misc]
        if not self._items:
            raise SourceError(f"no <provider>.csv of gpuhunt at {location}")

    def providers(self) -> list[str]:
        return sorted(self._items)

    def content_hash(self, provider: str) -> str | None:
        return self._files[provider].sha256() if provider in self._files else None

    def rows(self, provider: str) -> Iterator[Row | Refusal]:
        for number, item in enumerate(self._items[provider](), start=2):
            location = f"{provider}.csv:{number}"
            try:
                yield _row(location, provider, item, self._sources[provider])
            except (ValueError, TypeError) as error:
                yield Refusal(provider, location, str(error))

    def _add(
        self, name: str, items: Callable[[], Iterable[Mapping[str, Any]]], source: str, as_of: datetime, origin: Origin
    ) -> None:
        provider = load_reference().provider_id(name)
        self._items[provider] = items
        self._sources[provider] = Source(f"{source}, {name}", as_of, origin)

    def _from_catalogue(self) -> None:
        catalog = _library().Catalog(balance_resources=False, auto_reload=False)
        try:
            catalog.load()
        except Exception as error:
            raise SourceError(f"gpuhunt's catalogue cannot be loaded: {error}") from error
        as_of = datetime.now(UTC)
        for name in importlib.import_module("gpuhunt._internal.catalog").OFFLINE_PROVIDERS:
            if name not in catalog.catalog:
                self._add(name, lambda name=name: _missing(name), "gpuhunt catalogue", as_of, Origin.PUBLISHED)  # type: ignore[misc]
        for name, loaded in catalog.catalog.items():
            self._add(name, lambda items=loaded.items: map(vars, items), "gpuhunt catalogue", as_of, Origin.PUBLISHED)  # type: ignore[misc]


def _missing(name: str) -> Iterable[Mapping[str, Any]]:
    raise SourceError(f"gpuhunt could not load its catalogue of {name}")


def _library() -> Any:
    try:
        return importlib.import_module("gpuhunt")
    except ImportError:
        raise SourceError("gpuhunt is not installed: pip install 'stack8s-architect[gpuhunt]'") from None


def _ask(name: str) -> Iterable[Mapping[str, Any]]:
    """Return what a provider offers now. Raises SourceError."""
    _library()
    try:
        module = importlib.import_module(f"gpuhunt.providers.{name}")
        kinds = [c for _, c in inspect.getmembers(module, inspect.isclass) if getattr(c, "NAME", None) == name]
        provider: Any = getattr(kinds[0], "from_env", kinds[0])()
    except (ImportError, IndexError):
        raise SourceError(f"gpuhunt has no provider {name}") from None
    except TypeError:
        raise SourceError(
            f"gpuhunt cannot ask {name} by itself; its published catalogue ('published') has it"
        ) from None
    except Exception as error:
        raise SourceError(f"{name} cannot be asked: {error}") from error
    try:
        return [vars(item) for item in provider.get(balance_resources=False)]
    except Exception as error:
        raise SourceError(f"{name} cannot be asked: {error}") from error


def _lines(file: SourceFile) -> Iterator[Mapping[str, Any]]:
    reader = csv.DictReader(io.StringIO(decoded(file), newline=""), restval="")
    missing = [c for c in _REQUIRED if c not in (reader.fieldnames or ())]
    if missing:
        raise SourceError(f"{file.name}: the header lacks {', '.join(missing)}")
    for record in reader:
        yield {**record, "spot": record["spot"].strip().lower() in ("true", "1", "yes")}


def _row(location: str, provider: str, item: Mapping[str, Any], source: Source) -> Row:
    name = str(item.get("gpu_name") or "").removeprefix("tpu-")
    count, memory = _number(item, "gpu_count") or 0.0, _number(item, "gpu_memory")
    if tpu := re.fullmatch(r"(v\d+\w*)-(\d+)", name):
        name, count, memory = f"tpu-{tpu[1]}", tpu_chips(f"tpu-{tpu[1]}", int(tpu[2])), None
    if _CLUSTER_ONLY in item.get("flags", ""):
        raise ValueError("is sold in clusters of several machines only")
    place = str(item["location"])
    zone = _ZONE.match(place)
    price = _number(item, "price")
    if price is None:
        raise ValueError("states no price")
    return Row(
        location=location,
        provider=provider,
        instance_type=str(item["instance_name"]),
        region=zone[1] if zone else place,
        zone=place if zone else "",
        price_model=PriceModel.SPOT if item["spot"] else PriceModel.ON_DEMAND,
        price_per_hour=price,
        source=source,
        vcpus=_number(item, "cpu"),
        memory_gib=_number(item, "memory"),
        gpu_name=name if count else "",
        gpu_count=count,
        gpu_memory_gib=memory or None,
        local_disk_gb=_number(item, "disk_size"),
    )


def _number(item: Mapping[str, Any], column: str) -> float | None:
    value = item.get(column)
    if value is None or value == "":
        return None
    try:
        return float(value)
    except ValueError:
        raise ValueError(f"{column} is {value!r}, not a number") from None
