"""Every real table: what becomes an offer keeps the rules, and known prices come out right."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from services.compute.domain.integrity import Refusal, check
from services.compute.domain.names import same_memory
from services.compute.domain.offer import Offer, PriceModel
from services.compute.ingest.files import find_files
from services.compute.ingest.skypilot import SkyPilotImporter
from services.compute.reference import load_reference

FOLDERS = (
    "skypilot-catalog/v8",
    "skypilot-catalog/v6",
    "skypilot-catalog/v5",
    "skypilot-catalog/v5-2024-04-fluidstack",
)


@cache
def offers_of(folder: Path, provider: str) -> tuple[list[Offer], list[Refusal]]:
    importer = SkyPilotImporter(find_files(str(folder)))
    rows = importer.rows(provider)
    checked = [row if isinstance(row, Refusal) else check(row, load_reference().gpus) for row in rows]
    return [c for c in checked if isinstance(c, Offer)], [c for c in checked if isinstance(c, Refusal)]


@pytest.mark.parametrize("folder", FOLDERS)
def test_offers_of_every_real_table_keep_the_rules(shared_data: Path, folder: str) -> None:
    reference = load_reference()
    place = shared_data / "data" / "compute" / folder
    for provider in SkyPilotImporter(find_files(str(place))).providers():
        offers, refused = offers_of(place, provider)
        assert offers or all("auction" in r.reason for r in refused), provider
        assert all(r.reason and ":" in r.location for r in refused)
        numbers = [o.number for o in offers]
        assert len(numbers) == len(set(numbers)), f"{provider} has two offers of one id"
        for offer in offers:
            machine = offer.machine
            assert offer.price_micros > 0
            assert (machine.gpu_count == 0) == (machine.gpu_memory_gib is None) == (machine.gpu_type == "")
            gpu = reference.gpus.types.get(machine.gpu_type)
            assert machine.gpu_known == (gpu is not None or not machine.gpu_count)
            assert gpu is None or same_memory(machine.gpu_memory_gib or 0, gpu.memory_gib)
        located = sum(bool(reference.regions.locate(provider, o.place.region).country) for o in offers)
        assert located == len(offers) or provider == "hyperbolic", f"{provider} has regions of no country"


def test_prices_of_real_machines_come_out_whole(shared_data: Path) -> None:
    place = shared_data / "data" / "compute" / "skypilot-catalog" / "v5"
    offers, _ = offers_of(place, "gcp")
    found = {
        (o.machine.instance_type, o.place.region): (o.price_micros, o.machine.gpu_type, o.machine.gpu_count)
        for o in offers
        if o.price_model is PriceModel.ON_DEMAND and o.machine.instance_type.startswith("a2-highgpu")
    }
    # Host 0.73948 plus accelerator 2.93391, as both rows state.
    assert found["a2-highgpu-1g", "us-central1"] == (3_673_390, "A100-40GB-SXM", 1)
    assert found["a2-highgpu-8g", "us-central1"] == (29_387_080, "A100-40GB-SXM", 8)


def test_every_accelerator_name_of_the_real_tables_is_known_or_has_a_reason(shared_data: Path) -> None:
    import csv

    names = load_reference().gpus
    with (shared_data / "data" / "compute" / "gpu_aliases.csv").open(encoding="utf-8", newline="") as lines:
        unknown = [
            r["catalog_accelerator_name"]
            for r in csv.DictReader(lines)
            if not names.resolve(r["catalog_accelerator_name"])
        ]
    assert unknown == ["Virtex UltraScale (VU9P)"]
