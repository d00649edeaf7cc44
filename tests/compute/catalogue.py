"""Small catalogues for tests: builders with defaults, and random ones in which ties are common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from hypothesis import strategies as st

from services.compute.domain.index import OfferIndex, build_index, numbered, part_of
from services.compute.domain.offer import Machine, Offer, Origin, Place, PriceModel, Source
from services.compute.domain.query import Grouping, OfferFilter, OfferQuery, Ranking
from services.compute.reference import load_reference

_T = TypeVar("_T")
AS_OF = datetime(2026, 5, 20, tzinfo=UTC)
SOURCE = Source("a table for tests", AS_OF, Origin.PUBLISHED)
GPUS = ("H100-SXM", "H100-NVL", "A100-80GB-SXM", "A100-80GB-PCIe", "L4", "T4", "MI300X", "tpu-v5e", "Mystery 9")
REGIONS = {
    "aws": ("us-east-1", "eu-west-1", "eu-central-1"),
    "gcp": ("us-central1", "europe-west4", "europe-west2"),
    "nebius": ("eu-north1", "nowhere"),
}


def offer(
    *,
    provider: str = "aws",
    instance: str = "m1",
    gpu: str = "L4",
    count: int = 1,
    memory: float | None = None,
    vcpus: float | None = 8,
    ram: float | None = 32,
    region: str = "us-east-1",
    zone: str = "",
    model: PriceModel = PriceModel.ON_DEMAND,
    price: int = 1_000_000,
) -> Offer:
    """Return an offer; the price is in micro-USD per hour."""
    known = load_reference().gpus.types.get(gpu)
    each = memory or (known.memory_gib if known else 48.0)
    machine = Machine(
        provider=provider,
        instance_type=instance,
        gpu_type=gpu if count else "",
        gpu_known=not count or known is not None,
        gpu_count=count,
        gpu_memory_gib=each if count else None,
        vcpus=vcpus,
        memory_gib=ram,
    )
    return Offer(machine, Place(region, zone), model, price, SOURCE)


def index_of(offers: Iterable[Offer], snapshot_id: str = "s1") -> OfferIndex:
    """Return the index of some offers."""
    reference = load_reference()
    by_provider: dict[str, list[Offer]] = {}
    for one in offers:
        by_provider.setdefault(one.machine.provider, []).append(one)
    parts = [part_of(provider, numbered(some)) for provider, some in by_provider.items()]
    return build_index(snapshot_id, parts, reference.gpus.types, reference.regions)


@st.composite
def catalogues(draw: st.DrawFn) -> Sequence[Offer]:
    """Return offers without two of the same id."""
    machines = []
    for number in range(draw(st.integers(1, 6))):
        provider = draw(st.sampled_from(sorted(REGIONS)))
        count = draw(st.sampled_from((0, 1, 2, 4, 8, 8, 16)))
        machines.append(
            (
                provider,
                f"m{draw(st.integers(0, number))}{draw(st.sampled_from(('', '', '-NVLink')))}",
                draw(st.sampled_from(GPUS)),
                count,
                draw(st.sampled_from((None, 4.0, 8.0, 96.0))),
                draw(st.sampled_from((None, 16.0, 64.0))),
            )
        )
    offers: dict[int, Offer] = {}
    for provider, instance, gpu, count, vcpus, ram in machines:
        for _ in range(draw(st.integers(1, 4))):
            one = offer(
                provider=provider,
                instance=instance,
                gpu=gpu,
                count=count,
                vcpus=vcpus,
                ram=ram,
                region=draw(st.sampled_from(REGIONS[provider])),
                zone=draw(st.sampled_from(("", "a"))),
                model=draw(st.sampled_from((*PriceModel, PriceModel.ON_DEMAND, PriceModel.SPOT))),
                price=draw(st.sampled_from((500_000, 1_000_000, 2_490_000, 8_000_000, 24_123_457))),
            )
            offers.setdefault(one.number, one)
    return list(offers.values())


def _some(values: Sequence[str]) -> st.SearchStrategy[tuple[str, ...]]:
    chosen = st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True).map(lambda v: tuple(sorted(v)))
    return st.one_of(st.just(()), st.just(()), chosen)


def _maybe(values: Sequence[_T]) -> st.SearchStrategy[_T | None]:
    return st.one_of(st.none(), st.none(), st.sampled_from(values))


@st.composite
def queries(draw: st.DrawFn) -> OfferQuery:
    """Return a query as it is after checking."""
    models = draw(st.lists(st.sampled_from(PriceModel), max_size=3, unique=True))
    gpu_types = draw(_some(GPUS))
    known = [gpu.memory_gib for name in gpu_types if (gpu := load_reference().gpus.types.get(name))]
    asked = OfferFilter(
        gpu_types=gpu_types,
        gpu_types_memory_gib=min(known, default=0.0),
        gpu_types_excluded=draw(_some(GPUS)),
        gpu_vendors=draw(_some(("nvidia", "amd", "google"))),
        gpu_architectures=draw(_some(("Hopper", "Ampere", "Turing"))),
        compute_capability_min=draw(_maybe((7.5, 8.0, 9.0))),
        has_gpu=draw(_maybe((True, False))),
        gpu_count_min=draw(_maybe((1, 2, 8, 12, 16, 32))),
        gpu_count_max=draw(_maybe((0, 1, 8))),
        gpu_memory_gib_min=draw(_maybe((16.0, 24.0, 80.0, 100.0))),
        gpu_memory_total_gib_min=draw(_maybe((24.0, 160.0, 700.0, 2000.0))),
        vcpus_min=draw(_maybe((4.0, 16.0))),
        memory_gib_min=draw(_maybe((16.0, 128.0))),
        price_per_hour_max=draw(_maybe((0.5, 2.0, 2.49, 48.3))),
        price_per_month_max=draw(_maybe((365.0, 1000.0, 20000.0))),
        providers=draw(_some(("aws", "gcp", "lambda"))),
        providers_excluded=draw(_some(("aws", "gcp"))),
        regions=draw(_some(("us-east-1", "europe-west4", "atlantis"))),
        countries=draw(_some(("US", "DE", "GB"))),
        continents=draw(_some(("europe", "asia"))),
        residencies=draw(_some(("EU", "US", "EEA"))),
        price_models=tuple(sorted(models)) or (PriceModel.ON_DEMAND, PriceModel.SPOT),
        interconnect=draw(st.sampled_from(("", "", "nvlink", "pcie"))),
        precision=draw(st.sampled_from(("", "", "fp8", "bf16", "fp16"))),
        node_count_max=draw(_maybe((1, 2, 4))),
    )
    return OfferQuery(asked, draw(st.sampled_from(Grouping)), draw(st.sampled_from(Ranking)))
