"""Records of a small made-up catalogue, with defaults for what a test does not care about."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from libs.provenance import Provenance
from services.orchestrator.domain.candidates import (
    Candidates,
    ChartCandidate,
    GpuType,
    MemoryEstimate,
    ModelCandidate,
    Offer,
    PerformanceEstimate,
)
from services.orchestrator.domain.plan import CompanionChart
from services.orchestrator.domain.prices import UnitPrice, UnitPrices

AS_OF = datetime(2026, 10, 1, tzinfo=UTC)


def provenance(catalog: str, record_id: str) -> Provenance:
    return Provenance(catalog=catalog, snapshot_id=f"{catalog}-1", as_of=AS_OF, source="test", record_id=record_id)


GPU_TYPES = {
    name: GpuType(
        name=name,
        vendor=vendor,
        architecture=architecture,
        memory_gib=memory,
        bandwidth_gbps=bandwidth,
        tflops={"bf16": tflops} | ({"fp8": tflops * 2} if capability >= "8.9" else {}),
        compute_capability=capability if vendor == "nvidia" else "gfx942",
        provenance=provenance("compute", name),
    )
    for name, vendor, architecture, memory, bandwidth, tflops, capability in (
        ("T4", "nvidia", "Turing", 16.0, 320.0, 65.0, "7.5"),
        ("L4", "nvidia", "Ada", 24.0, 300.0, 121.0, "8.9"),
        ("A10G", "nvidia", "Ampere", 24.0, 600.0, 70.0, "8.6"),
        ("A100-80GB-SXM", "nvidia", "Ampere", 80.0, 2039.0, 312.0, "8.0"),
        ("H100-80GB-SXM", "nvidia", "Hopper", 80.0, 3350.0, 989.0, "9.0"),
        ("MI300X", "amd", "CDNA3", 192.0, 5300.0, 1307.0, "9.4"),
    )
}


def offer(provider: str, gpu_type: str, gpus: int, price: str | None, **more: Any) -> Offer:
    region = more.pop("region", "us-east-1")
    model = more.get("price_model", "on_demand")
    name = f"{gpu_type or 'cpu'}x{gpus}".lower()
    defaults: dict[str, Any] = {
        "offer_id": f"{provider}/{name}/{region}/{model}",
        "instance_type": name,
        "country": "US",
        "residency": "US",
        "vcpus": 8.0 * max(gpus, 1),
        "memory_gib": 64.0 * max(gpus, 1),
        "gpu_memory_gib": GPU_TYPES[gpu_type].memory_gib if gpu_type else 0.0,
    }
    values = defaults | more
    return Offer(
        provider=provider,
        region=region,
        gpu_type=gpu_type,
        gpu_count=gpus,
        price_per_hour=None if price is None else Decimal(price),
        provenance=provenance("compute", values["offer_id"]),
        **values,
    )


def model(model_id: str, parameters: int | None = 8_000_000_000, **more: Any) -> ModelCandidate:
    defaults: dict[str, Any] = {
        "task": "text-generation",
        "license": "apache-2.0",
        "license_class": "commercial",
        "open_source": True,
        "downloads": 1000,
        "likes": 10,
        "relevance": 0.8,
    }
    return ModelCandidate(
        model_id=model_id, parameters=parameters, provenance=provenance("models", model_id), **(defaults | more)
    )


def memory(model_id: str, gpu_type: str, total_gib: float, precision: str = "bf16", **more: Any) -> MemoryEstimate:
    """Fewest GPUs by powers of two, split evenly, as a tensor-parallel server would."""
    size = GPU_TYPES[gpu_type].memory_gib * 0.95 if gpu_type else math.inf
    gpus = 1
    while total_gib / gpus > size:
        gpus *= 2
    tensor = min(gpus, 8)
    return MemoryEstimate(
        model_id=model_id,
        precision=precision,
        gpu_type=gpu_type,
        gpus=gpus if gpu_type else 0,
        tensor_parallel=tensor,
        pipeline_parallel=max(1, gpus // tensor),
        per_gpu_gib=total_gib / gpus,
        total_gib=total_gib,
        basis="modelled",
        provenance=provenance("models", model_id),
        **more,
    )


def speed(model_id: str, gpu_type: str, gpus: int, tokens: float | None = None, **more: Any) -> PerformanceEstimate:
    return PerformanceEstimate(
        model_id=model_id,
        precision=more.pop("precision", "bf16"),
        gpu_type=gpu_type,
        gpus=gpus,
        tokens_per_second=tokens,
        basis="modelled",
        error_factor=1.6,
        provenance=provenance("models", model_id),
        **more,
    )


def chart(role: str, name: str, **more: Any) -> ChartCandidate:
    return ChartCandidate(
        role=role,
        name=name,
        repository=f"{name}-charts",
        repository_url=f"https://charts.example.org/{name}",
        chart=name,
        version="1.2.3",
        why=f"{name} is the maintained choice.",
        namespace=more.pop("namespace", name),
        provenance=provenance("packages", f"{name}-charts/{name}/1.2.3"),
        **more,
    )


def companion(name: str, **more: Any) -> CompanionChart:
    return CompanionChart(
        name=name,
        repository=f"{name}-charts",
        repository_url=f"https://charts.example.org/{name}",
        chart=name,
        version="4.5.6",
        release=more.pop("release", name),
        namespace=more.pop("namespace", "ai"),
        why=f"{name} is installed with it.",
        provenance=provenance("packages", f"{name}-charts/{name}/4.5.6"),
        **more,
    )


def prices(provider: str) -> tuple[UnitPrice, ...]:
    return tuple(
        unit_price(provider, kind, price)
        for kind, price in (("object", "0.023"), ("block", "0.08"), ("egress", "0.09"))
    )


def by_region(provider: str, there: str, here: str) -> tuple[UnitPrice, ...]:
    """Prices of block storage in the reference region, which is another, and where the machines are."""
    where = (("eu-central-1", "europe", there), ("us-east-1", "north-america", here))
    return tuple(unit_price(provider, "block", p, region=region, continents=(c,)) for region, c, p in where)


def unit_price(provider: str, kind: str, price: str, **more: Any) -> UnitPrice:
    """A price that holds everywhere, unless a region or continents are given."""
    where = "/".join((more.get("region", ""), *more.get("continents", ()), f"{more.get('from_gb', 0.0):g}"))
    return UnitPrice(
        provider=provider,
        kind=kind,
        unit="GB" if kind == "egress" else "GB-month",
        unit_price=Decimal(price),
        provenance=provenance("compute", f"{provider}/{kind}/{where}"),
        **more,
    )


def catalogue(**more: Any) -> Candidates:
    """A catalogue in which Llama 3.1 8B and 70B can be served, at four providers."""
    small, large = "meta-llama/Llama-3.1-8B-Instruct", "meta-llama/Llama-3.1-70B-Instruct"
    offers = (
        offer("aws", "A10G", 1, "1.006", spot_price_per_hour=Decimal("0.45")),
        offer("aws", "A100-80GB-SXM", 8, "27.45"),
        offer("gcp", "L4", 1, "0.7068", region="us-central1"),
        offer("gcp", "L4", 2, "1.4136", region="us-central1"),
        offer("gcp", "H100-80GB-SXM", 8, "88.49", region="europe-west4", country="NL", residency="EU"),
        offer("lambda", "A100-80GB-SXM", 1, "1.79"),
        offer("lambda", "A100-80GB-SXM", 2, "3.58"),
        offer("lambda", "H100-80GB-SXM", 4, "12.36"),
        offer("runpod", "MI300X", 1, "2.69", region="EU-RO-1", country="RO", residency="EU"),
        offer("azure", "T4", 1, "0.526", region="eastus"),
        offer("aws", "", 0, "0.192", instance_type="m7i.xlarge", vcpus=4.0, memory_gib=16.0),
        offer("gcp", "", 0, "0.201", instance_type="n2-standard-4", vcpus=4.0, memory_gib=16.0, region="us-central1"),
    )
    sized = [memory(small, g, 20.0) for g in GPU_TYPES] + [memory(large, g, 150.0) for g in GPU_TYPES]
    sized += [memory(large, g, 80.0, "fp8") for g in GPU_TYPES] + [memory(large, g, 46.0, "int4") for g in GPU_TYPES]
    speeds = [speed(small, g, 1, GPU_TYPES[g].bandwidth_gbps) for g in GPU_TYPES]
    defaults: dict[str, Any] = {
        "models": (model(small, license="llama3.1", license_class="attribution"), model(large, 70_000_000_000)),
        "gpu_types": GPU_TYPES,
        "memory": tuple(sized),
        "performance": tuple(speeds),
        "offers": offers,
        "offers_elsewhere": offers,
        "hosts": tuple(o for o in offers if not o.gpu_count),
        "unit_prices": UnitPrices(tuple(p for name in ("aws", "gcp", "lambda", "azure") for p in prices(name))),
        "charts": (
            chart("gpu_operator", "gpu-operator"),
            chart("autoscaling", "keda"),
            chart("monitoring", "kube-prometheus-stack"),
        ),
    }
    return Candidates(**(defaults | more))
