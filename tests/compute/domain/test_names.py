"""GPU names of many sources, regions of many providers, and the curated tables themselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.compute.domain.regions import CONTINENTS, Region, in_residency
from services.compute.reference import load_price_lists, load_reference, table

REFERENCE = load_reference()


@pytest.mark.parametrize(
    ("name", "types"),
    [
        ("A100-80GB", ["A100-80GB-SXM", "A100-80GB-PCIe"]),
        ("A100 80GB PCIe", ["A100-80GB-PCIe"]),
        ("NVIDIA A100-SXM4-80GB", ["A100-80GB-SXM"]),
        ("a100_80", ["A100-80GB-SXM", "A100-80GB-PCIe"]),
        ("A100-80GB-640GB", ["A100-80GB-SXM", "A100-80GB-PCIe"]),
        ("NVIDIA-H100-80GB-HBM3", ["H100-SXM", "H100-PCIe"]),
        ("H100NVL", ["H100-NVL"]),
        ("NVIDIA-H100-80GB-HBM3-MIG-1g.10gb", ["H100-SXM", "H100-PCIe"]),
        ("NVIDIA-GH200-480GB", ["GH200"]),
        ("Tesla V100-PCIE-32GB", ["V100-32GB-PCIe"]),
        ("nvidia rtx 6000 ada generation", ["RTX6000-Ada"]),
        ("Quadro RTX 6000", ["RTX6000"]),
        ("RTX A6000", ["RTXA6000"]),
        ("A6000", ["RTXA6000"]),
        ("NVIDIA RTX PRO 6000 Blackwell Server Edition", ["RTXPRO6000-Server"]),
        ("GeForce RTX 4090", ["RTX4090"]),
        ("L40s", ["L40S"]),
        ("4090", ["RTX4090"]),
        ("RTX Pro 6000", ["RTXPRO6000-Server", "RTXPRO6000-Workstation"]),
        ("PRO 6000", ["RTXPRO6000-Server", "RTXPRO6000-Workstation"]),
        ("mi300", ["MI300X"]),
        ("NVIDIA 5090 32GB", ["RTX5090"]),
        ("AMD Instinct MI300X OAM", ["MI300X"]),
        ("tpu-v5litepod-8", ["tpu-v5e"]),
        ("v5p-128", ["tpu-v5p"]),
        ("Gaudi HL-205", ["Gaudi"]),
        ("RTX 2070S", ["RTX2070Super"]),
        ("RTX_3060_Ti", ["RTX3060Ti"]),
        ("NVIDIA GeForce RTX 4080 SUPER", ["RTX4080Super"]),
        ("RTX 4060 Ti", ["RTX4060Ti-16GB", "RTX4060Ti-8GB"]),
        ("GB200 (per GPU)", ["GB200"]),
        ("trn2", ["Trainium2"]),
        ("H1000", []),
        ("", []),
    ],
)
def test_names_of_many_sources_mean_the_same_types(name: str, types: list[str]) -> None:
    assert [t.name for t in REFERENCE.gpus.resolve(name)] == types


def test_stated_memory_chooses_the_variant() -> None:
    names = {m: REFERENCE.gpus.identify("A100", memory_gib=m) for m in (40.0, 39.6, 80.0)}
    assert [t.name for t in names.values() if t] == ["A100-40GB-SXM", "A100-40GB-SXM", "A100-80GB-SXM"]


def test_every_type_is_found_by_its_own_name_and_family() -> None:
    for gpu in REFERENCE.gpus.types.values():
        assert gpu in REFERENCE.gpus.resolve(gpu.name)
        assert gpu in REFERENCE.gpus.resolve(gpu.family)
        assert gpu in REFERENCE.gpus.resolve(f"  {gpu.name.upper()} ")


@given(st.text(max_size=40))
def test_no_text_breaks_the_reading_of_names(text: str) -> None:
    known = set(REFERENCE.gpus.types)
    assert {gpu.name for gpu in REFERENCE.gpus.resolve(text)} <= known
    assert len(REFERENCE.gpus.suggest(text)) <= len(known)


def test_precision_is_known_by_what_the_hardware_has() -> None:
    supported = {
        name: [p for p in ("bf16", "fp8", "fp4") if REFERENCE.gpus.types[name].supports(p)]
        for name in ("T4", "A100-80GB-SXM", "L4", "H100-SXM", "B200-SXM", "MI300X", "RTXPRO6000-Server")
    }
    assert supported == {
        "T4": [],
        "A100-80GB-SXM": ["bf16"],
        "L4": ["bf16", "fp8"],
        "H100-SXM": ["bf16", "fp8"],
        "B200-SXM": ["bf16", "fp8", "fp4"],
        "MI300X": ["bf16", "fp8"],
        "RTXPRO6000-Server": ["bf16", "fp8", "fp4"],
    }


@pytest.mark.parametrize(
    ("provider", "region", "country", "residency"),
    [
        ("aws", "eu-west-2", "GB", "UK"),
        ("gcp", "europe-west6", "CH", "CH"),
        ("azure", "norwayeast", "NO", "EEA"),
        ("vast", "Texas, US, NA", "US", "US"),
        ("vast", ", CN, AS", "CN", "CN"),
        ("vast", "CN, AS", "CN", "CN"),
        ("lium", "FI", "FI", "EU"),
        ("shadeform", "warsaw-poland-1", "PL", "EU"),
        ("hyperbolic", "default", "", ""),
        ("runpod", "EU-RO-1", "RO", "EU"),
        ("runpod", "EUR-IS-1", "IS", "EEA"),
        ("runpod", "US-TX-3", "US", "US"),
        ("runpod", "CA-MTL-1", "CA", "CA"),
        ("vast", "kr-seoul", "KR", "KR"),
        ("vast", "ua", "UA", "UA"),
        ("lium", "pl-14", "PL", "EU"),
        ("nobody", "pl-14", "", ""),
        ("azure", "usgovvirginia", "US", "US"),
        ("crusoe", "us-northcentral1-a", "US", "US"),
        ("crusoe", "eu-iceland1-a", "IS", "EEA"),
        ("cloudrift", "us-georgia-1", "US", "US"),
        ("nobody", "me-somewhere-1", "", ""),
    ],
)
def test_regions_tell_country_and_residency(provider: str, region: str, country: str, residency: str) -> None:
    found = REFERENCE.regions.locate(provider, region.removeprefix(", ") if region.startswith(", ") else region)
    assert (found.country, found.residency) == (country, residency)


def test_the_eu_satisfies_a_wish_for_the_eea_but_not_the_other_way() -> None:
    assert in_residency("EU", "EEA")
    assert not in_residency("EEA", "EU")
    assert not in_residency("UK", "EU")


def test_the_starter_is_as_broad_as_it_should_be() -> None:
    offers = list(table("offers.csv"))
    assert len(offers) >= 400
    assert len({o["provider"] for o in offers}) >= 9
    assert len({o["gpu"] for o in offers} - {""}) >= 25
    assert {"T4", "B200-SXM", "MI300X", "tpu-v5e", "H100-SXM", "RTX4090"} <= {o["gpu"] for o in offers}
    assert {o["price_model"] for o in offers} == {"on_demand", "spot", "reserved_1y"}
    assert any(not o["gpu"] for o in offers)
    assert all(o["source"] and o["as_of"] for o in offers)
    keys = [
        tuple(o[c] for c in ("provider", "instance_type", "gpu", "gpu_count", "region", "zone", "price_model"))
        for o in offers
    ]
    assert len(keys) == len(set(keys))
    assert len(REFERENCE.gpus.types) >= 60


def test_the_starter_knows_its_providers_regions_and_gpus() -> None:
    for offer in table("offers.csv"):
        assert offer["provider"] in REFERENCE.providers
        assert not offer["gpu"] or offer["gpu"] in REFERENCE.gpus.types
        where: Region = REFERENCE.regions.locate(offer["provider"], offer["region"])
        assert where.continent in CONTINENTS or offer["provider"] == "hyperbolic"
        if offer["price_model"] == "spot":
            assert float(offer["price_per_hour"]) > 0


def test_networks_are_known_of_machines_that_the_starter_joins_to_clusters() -> None:
    assert all(provider in REFERENCE.providers for provider, _ in REFERENCE.networks)
    assert all(row["source"] and row["as_of"] for row in table("machine_networks.csv"))
    offered = {(o["provider"], o["instance_type"]) for o in table("offers.csv")}
    assert {REFERENCE.networks[machine] for machine in offered & set(REFERENCE.networks)} >= {400, 1600, 3200}


def test_price_lists_name_their_source_and_tiers_ascend() -> None:
    prices = load_price_lists()
    assert prices.storage["aws", "object"][0].unit.source
    assert set(prices.egress) | {provider for provider, _ in prices.storage} <= set(REFERENCE.providers)
    for listed in prices.egress.values():
        for continent in CONTINENTS:
            tiers = [t.from_gb for t in listed if not t.continents or continent in t.continents]
            assert tiers == sorted({*tiers})
            assert tiers[:1] in ([], [0])
        assert all(set(tier.continents) <= set(CONTINENTS) for tier in listed)
    for (provider, _), priced in prices.storage.items():
        assert len({p.region for p in priced}) == len(priced)
        assert all(p.unit.price > 0 for p in priced)
        assert all(not p.region or REFERENCE.regions.locate(provider, p.region).country for p in priced)
