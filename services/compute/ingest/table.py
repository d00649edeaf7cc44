"""Importer for the project's own CSV form; docs/compute.md describes its columns. The starter catalogue is one."""

from __future__ import annotations

import csv
import hashlib
import io
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from services.compute.domain.integrity import Refusal, Row
from services.compute.domain.offer import Origin, PriceModel, Source
from services.compute.ingest.files import decoded
from services.compute.ingest.importer import SourceError
from services.compute.ingest.source_file import SourceFile
from services.compute.reference import load_reference

REQUIRED: Final = ("provider", "instance_type", "region", "price_per_hour")
_MODELS: Final = {model.value: model for model in PriceModel if model is not PriceModel.OWNED}
_Numbered = tuple[str, dict[str, str]]


class TableImporter:
    """Reads CSV files that state one offer a line, of any providers."""

    def __init__(self, files: list[SourceFile], *, origin: Origin = Origin.PUBLISHED) -> None:
        self._origin = origin
        self._rows: dict[str, list[_Numbered]] = defaultdict(list)
        self._as_of: dict[str, datetime] = {}
        self._hashes: dict[str, hashlib._Hash] = defaultdict(hashlib.sha256)
        tables = [f for f in files if f.name.endswith(".csv")]
        if not tables:
            raise SourceError("no .csv file in the source")
        self._broken: dict[str, str] = {}
        """Files that cannot be read, by the provider that they are named after."""
        for file in tables:
            try:
                self._read(file)
            except (csv.Error, SourceError) as error:
                stem = file.parts[-1].removesuffix(".csv")
                self._broken[load_reference().provider_id(stem)] = f"{file.parts[-1]} cannot be read: {error}"
        if not self._rows and self._broken:
            raise SourceError("; ".join(self._broken.values()))

    def providers(self) -> list[str]:
        return sorted({*self._rows, *self._broken})

    def content_hash(self, provider: str) -> str | None:
        return None if provider in self._broken else self._hashes[provider].hexdigest()

    def rows(self, provider: str) -> Iterator[Row | Refusal]:
        if provider in self._broken:
            raise SourceError(self._broken[provider])
        sources: dict[tuple[str, str], Source] = {}
        for location, record in self._rows[provider]:
            try:
                yield self._row(location, provider, record, sources)
            except ValueError as error:
                yield Refusal(provider, location, str(error))

    def _read(self, file: SourceFile) -> None:
        reader = csv.reader(io.StringIO(decoded(file), newline=""))
        header = [name.strip() for name in next(reader, [])]
        missing = [c for c in REQUIRED if c not in header]
        if missing:
            raise SourceError(f"{file.name}: the header lacks {', '.join(missing)}")
        provider_id, ids = load_reference().provider_id, dict[str, str]()
        place, short, marked = header.index("provider"), file.parts[-1], set[str]()
        for values in reader:
            if not values:
                continue
            values += [""] * (len(header) - len(values))
            name = values[place]
            provider = ids.get(name) or ids.setdefault(name, provider_id(name))
            if provider not in marked:
                marked.add(provider)
                self._as_of[provider] = file.as_of
                self._hashes[provider].update("\x1f".join(header).encode())
            self._rows[provider].append((f"{short}:{reader.line_num}", dict(zip(header, values, strict=False))))
            self._hashes[provider].update("\x1f".join(values).encode())

    def _row(self, location: str, provider: str, record: dict[str, str], sources: dict[tuple[str, str], Source]) -> Row:
        model = (record.get("price_model") or "on_demand").strip().lower()
        if model not in _MODELS:
            raise ValueError(f"price_model {model!r} is not one of {', '.join(sorted(_MODELS))}")
        stated = (record.get("source") or "", record.get("as_of") or "")
        if stated not in sources:
            sources[stated] = self._source(location, provider, *stated)
        price = _number(record, "price_per_hour")
        if price is None:
            raise ValueError("states no price")
        gpu, count = (record.get("gpu") or "").strip(), _number(record, "gpu_count")
        return Row(
            location=location,
            provider=provider,
            instance_type=record["instance_type"].strip(),
            region=record["region"].strip(),
            zone=(record.get("zone") or "").strip(),
            price_model=_MODELS[model],
            price_per_hour=price,
            source=sources[stated],
            gpu_name=gpu,
            gpu_count=count if count is not None else float(bool(gpu)),
            gpu_memory_gib=_number(record, "gpu_memory_gib"),
            vcpus=_number(record, "vcpus"),
            memory_gib=_number(record, "memory_gib"),
            local_disk_gb=_number(record, "local_disk_gb"),
            network_gbits=_number(record, "network_gbits"),
        )

    def _source(self, location: str, provider: str, name: str, as_of: str) -> Source:
        try:
            moment = datetime.fromisoformat(as_of) if as_of else self._as_of[provider]
        except ValueError:
            raise ValueError(f"as_of {as_of!r} is not a date such as 2026-05-20") from None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return Source(name or location.rpartition(":")[0], moment, self._origin)


def _number(record: dict[str, str], column: str) -> float | None:
    text = record.get(column)
    try:
        return float(text) if text and not text.isspace() else None
    except ValueError:
        raise ValueError(f"{column} is {text!r}, not a number") from None
