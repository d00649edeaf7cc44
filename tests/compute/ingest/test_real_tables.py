"""Every real table: what becomes an offer keeps the rules, and known prices come out right."""

from __future__ import annotations

import csv
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from services.compute.domain.integrity import Refusal
from services.compute.domain.names import same_memory
from services.compute.domain.offer import Offer, PriceModel
from services.compute.ingest.files import find_files
from services.compute.ingest.pipeline import read_offers
from services.compute.ingest.skypilot import SkyPilotImporter
from services.compute.reference import load_reference

FOLDERS = (
    "skypilot-catalog/v8",
    "skypilot-catalog/v6",
    "skypilot-catalog/v5",
    "skypilot-catalog/v5-2024-04-fluidstack",
    "raw/anycloud-catalog",
)
MARKETS = ("lium", "vast")
"""Where one instance type is many people's machines."""
WRONG = (
    *("states no price", "is not above 0", "an auction's floor", "is a slice", "does not name them", "is priced in"),
    *("is unknown and its memory is not stated", "GiB for each", "with another price", "is above the price on demand"),
    "a placeholder, not a price",
)
"""Why rows of these tables are refused, and nothing else."""


@cache
def offers_of(folder: Path, provider: str) -> tuple[list[Offer], list[Refusal]]:
    importer = SkyPilotImporter(find_files(str(folder)))
    offers, refused = read_offers(importer, provider, lambda provider, rows: None)
    return list(offers.values()), refused


@pytest.mark.parametrize("folder", FOLDERS)
def test_offers_of_every_real_table_keep_the_rules(shared_data: Path, folder: str) -> None:
    reference = load_reference()
    place = shared_data / "data" / "compute" / folder
    for provider in SkyPilotImporter(find_files(str(place))).providers():
        offers, refused = offers_of(place, provider)
        assert offers or all("auction" in r.reason for r in refused), provider
        assert all(r.reason and ":" in r.location for r in refused)
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
    names = load_reference().gpus
    with (shared_data / "data" / "compute" / "gpu_aliases.csv").open(encoding="utf-8", newline="") as lines:
        unknown = [
            r["catalog_accelerator_name"]
            for r in csv.DictReader(lines)
            if not names.resolve(r["catalog_accelerator_name"])
        ]
    assert unknown == ["Virtex UltraScale (VU9P)"]


def test_accelerators_are_as_the_public_specifications_state_them(shared_data: Path) -> None:
    names = load_reference().gpus
    columns = {
        "memory_gib": lambda g: g.memory_gib,
        "memory_bandwidth_gbps": lambda g: g.bandwidth_gbps,
        "fp8_dense_tflops": lambda g: g.tflops.get("fp8"),
        "fp4_dense_tflops": lambda g: g.tflops.get("fp4"),
        "interconnect_gbps": lambda g: g.interconnect_gbps,
        "tdp_w": lambda g: g.tdp_watts,
        "release_year": lambda g: g.release_year,
    }
    with (shared_data / "data" / "compute" / "gpu_specs.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            gpu = names.identify(row["name"], memory_gib=float(row["memory_gib"]))
            assert gpu is not None, row["name"]
            assert (gpu.vendor, gpu.compute_capability) == (row["vendor"].lower(), row["compute_capability"])
            stated = {c: float(row[c]) for c in columns if row[c]}
            ours = {c: float(value) for c, read in columns.items() if row[c] and (value := read(gpu)) is not None}
            assert ours == stated, gpu.name
            if row["fp16_dense_tflops"]:
                assert float(row["fp16_dense_tflops"]) in (gpu.tflops.get("fp16"), gpu.tflops.get("bf16")), gpu.name


def test_a_machine_has_the_same_gpus_whoever_lists_it(shared_data: Path) -> None:
    seen: dict[tuple[str, str], set[tuple[str, int]]] = {}
    for folder in FOLDERS:
        place = shared_data / "data" / "compute" / folder
        for provider in SkyPilotImporter(find_files(str(place))).providers():
            for offer in offers_of(place, provider)[0]:
                machine = offer.machine
                if machine.provider not in MARKETS and not machine.instance_type.startswith("n1-"):
                    gpus = (machine.gpu_type, machine.gpu_count)
                    seen.setdefault((machine.provider, machine.instance_type), set()).add(gpus)
    assert {key: gpus for key, gpus in seen.items() if len(gpus) > 1} == {}


def test_of_all_real_rows_only_wrong_ones_are_refused(shared_data: Path) -> None:
    reasons: Counter[str] = Counter()
    for folder in FOLDERS:
        place = shared_data / "data" / "compute" / folder
        for provider in SkyPilotImporter(find_files(str(place))).providers():
            reasons.update(next(w for w in WRONG if w in r.reason) for r in offers_of(place, provider)[1])
    assert set(reasons) == set(WRONG)
    assert reasons["a placeholder, not a price"] == 48
    assert reasons["is above the price on demand"] == 24
