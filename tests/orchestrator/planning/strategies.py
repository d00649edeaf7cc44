"""Generated catalogues and specs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from services.orchestrator.domain.candidates import Candidates, ChartCandidate, Offer
from services.orchestrator.domain.planning.asks import CPU_PARAMETERS
from services.orchestrator.domain.prices import UnitPrice, UnitPrices
from services.orchestrator.domain.spec import WorkloadSpec
from tests.orchestrator.planning.builders import GPU_TYPES, chart, memory, model, offer, prices, speed, unit_price

PLACES = (
    ("us-east-1", "US", "north-america"),
    ("eu-west-1", "NL", "europe"),
    ("eu-central-1", "DE", "europe"),
    ("ap-south-1", "IN", "asia"),
    ("nowhere", "", ""),
)
PROVIDERS = ("aws", "gcp", "lambda", "runpod", "azure", "vast")
TYPES = tuple(GPU_TYPES)


@st.composite
def offers(draw: st.DrawFn) -> tuple[Offer, ...]:
    keys = draw(
        st.lists(
            st.tuples(
                st.sampled_from(PROVIDERS),
                st.sampled_from(TYPES),
                st.sampled_from((1, 2, 4, 8)),
                st.sampled_from(PLACES),
                st.booleans(),
            ),
            min_size=1,
            max_size=25,
            unique=True,
        )
    )
    out = []
    for provider, gpu_type, gpus, (region, country, continent), spot in keys:
        price = Decimal(draw(st.integers(10, 99999))) / 1000
        more: dict[str, Any] = {"region": region, "country": country, "continent": continent}
        each = draw(st.sampled_from((1, 4, 8, 24)))
        more |= {"vcpus": float(each * gpus), "memory_gib": each * gpus * draw(st.sampled_from((2.0, 8.0)))}
        if spot:
            more["price_model"] = "spot"
        elif draw(st.booleans()):
            more["spot_price_per_hour"] = price / 2
        out.append(offer(provider, gpu_type, gpus, str(price), **more))
    for provider, vcpus in draw(
        st.sets(st.tuples(st.sampled_from(PROVIDERS), st.sampled_from((2, 8, 32))), max_size=4)
    ):
        price = Decimal(draw(st.integers(10, 9999))) / 1000
        name = {"offer_id": f"{provider}/cpu-{vcpus}", "instance_type": f"cpu-{vcpus}"}
        out.append(offer(provider, "", 0, str(price), vcpus=float(vcpus), memory_gib=vcpus * 4.0, **name))
    return tuple(out)


@st.composite
def hosts(draw: st.DrawFn) -> tuple[Offer, ...]:
    """Machines without GPUs for the components, of several sizes at several places; some of them on spot."""
    some = st.tuples(st.sampled_from(PROVIDERS), st.sampled_from(PLACES), st.sampled_from((1, 2, 4, 16)), st.booleans())
    out = []
    for provider, (region, country, continent), vcpus, spot in draw(st.lists(some, max_size=25, unique=True)):
        model = "spot" if spot else "on_demand"
        name = {"offer_id": f"{provider}/host-{vcpus}/{region}/{model}", "instance_type": f"host-{vcpus}"}
        size = {"vcpus": float(vcpus), "memory_gib": vcpus * 4.0, "price_model": model}
        price = Decimal(draw(st.integers(10, 999))) / 1000
        where = {"region": region, "country": country, "continent": continent}
        out.append(offer(provider, "", 0, str(price), **name, **size, **where))
    return tuple(out)


CHARTS = (
    ("gpu_operator", "gpu-operator"),
    ("monitoring", "kube-prometheus-stack"),
    ("autoscaling", "keda"),
    ("vector_db", "qdrant"),
    ("cache", "valkey"),
)


@st.composite
def charts(draw: st.DrawFn) -> tuple[ChartCandidate, ...]:
    """Charts that state what they ask for, or not."""
    chosen = draw(st.sets(st.sampled_from(CHARTS), min_size=1)) if draw(st.booleans()) else set(CHARTS[:2])
    asks = {"cpu": st.sampled_from((None, 0.1, 0.75, 3.0)), "memory_gib": st.sampled_from((None, 0.25, 2.0, 20.0))}
    return tuple(
        chart(*names, **{what: draw(how) for what, how in asks.items()}) for names in CHARTS if names in chosen
    )


@st.composite
def unit_prices(draw: st.DrawFn) -> UnitPrices:
    """Prices of some providers: everywhere the same, or of storage by region."""
    found: list[UnitPrice] = []
    for provider in sorted(draw(st.sets(st.sampled_from(PROVIDERS)))):
        for kind in ("object", "block"):
            for region, _, continent in draw(st.lists(st.sampled_from(PLACES), max_size=4, unique=True)):
                where = {"region": region, "continents": (continent,) if continent else ()}
                price = Decimal(draw(st.integers(10, 3000))) / 10000
                found.append(unit_price(provider, kind, str(price), **where))
        if not any(p.provider == provider for p in found):
            found += prices(provider)
    return UnitPrices(tuple(found))


@st.composite
def catalogues(draw: st.DrawFn, *, wished: bool) -> Candidates:
    models = tuple(
        model(
            f"org/model-{n}",
            draw(st.integers(10**8, 10**12) | st.integers(10**8, 10**10)),
            wished_as="the model" if wished and n == 0 else "",
            open_source=draw(st.booleans()),
            gated=draw(st.booleans()),
            precision=draw(st.sampled_from(("", "", "bf16", "fp8", "int4"))),
            downloads=draw(st.none() | st.integers(0, 10**7)),
        )
        for n in range(draw(st.integers(1, 3)))
    )
    sizes = []
    for m in models:
        full = draw(st.floats(1, 1500))
        for share, precision in ((1, "bf16"), (0.55, "fp8"), (0.3, "int4")):
            sizes += [memory(m.model_id, g, round(full * share, 3), precision) for g in TYPES]
    some = draw(offers())
    speeds = ()
    if draw(st.booleans()):
        rate = draw(st.floats(1, 2000))
        speeds = tuple(speed(s.model_id, s.gpu_type, s.gpus, rate * s.gpus, precision=s.precision) for s in sizes)
    for m in models:
        if (m.parameters or 0) > CPU_PARAMETERS:
            continue  # the catalogue is never asked what larger models do on CPUs
        sizes.append(memory(m.model_id, "", draw(st.floats(0.5, 60))))
        for vcpus in draw(st.sets(st.sampled_from((2, 8, 32)))):
            more = {"time_to_first_token_ms": draw(st.floats(100, 30_000))}
            speeds += (speed(m.model_id, "", vcpus, draw(st.floats(0.5, 200)), **more),)
    return Candidates(
        models=models,
        gpu_types=GPU_TYPES,
        memory=tuple(sizes),
        performance=speeds,
        offers=some,
        offers_elsewhere=some,
        unit_prices=draw(unit_prices()),
        hosts=draw(hosts()),
        charts=draw(charts()),
    )


@st.composite
def alike_offers(draw: st.DrawFn) -> tuple[Offer, ...]:
    """Machines of few kinds at many places for about the same price, so that what is paid beside them decides."""
    some = st.sets(st.sampled_from(("aws", "gcp", "lambda", "runpod")), min_size=1, max_size=2)
    out = []
    for provider in sorted(draw(some)):
        for gpu_type in sorted(draw(st.sets(st.sampled_from(TYPES[:3]), min_size=1, max_size=2))):
            for region, country, continent in draw(st.lists(st.sampled_from(PLACES), min_size=2, unique=True)):
                gpus, each = draw(st.sampled_from((1, 2))), draw(st.sampled_from((2, 4, 8)))
                more: dict[str, Any] = {"region": region, "country": country, "continent": continent}
                more |= {"vcpus": float(each * gpus), "memory_gib": each * gpus * draw(st.sampled_from((2.0, 8.0)))}
                out.append(offer(provider, gpu_type, gpus, f"{gpus + draw(st.integers(-50, 50)) / 1000}", **more))
    return tuple(out)


@st.composite
def alike_catalogues(draw: st.DrawFn) -> Candidates:
    """A small model that every one of alike machines holds."""
    machines, size = draw(alike_offers()), draw(st.floats(1, 14))
    name, rate = "org/model", draw(st.none() | st.floats(1, 2000))
    speeds = (speed(name, g, 1, rate) for g in TYPES) if rate else ()
    places = {(o.provider, o.region, o.country, o.continent) for o in machines}
    rooms = draw(hosts())
    for provider, region, country, continent in sorted(places):
        for vcpus in sorted(draw(st.sets(st.sampled_from((1, 2, 4, 16)), max_size=3))):
            price = Decimal(draw(st.integers(10, 500))) / 1000
            names = {"offer_id": f"{provider}/room-{vcpus}/{region}", "instance_type": f"room-{vcpus}"}
            where = {"region": region, "country": country, "continent": continent}
            rooms += (offer(provider, "", 0, str(price), vcpus=float(vcpus), memory_gib=vcpus * 4.0, **names, **where),)
    return Candidates(
        models=(model(name, draw(st.integers(10**9, 10**10)), wished_as="the model"),),
        gpu_types=GPU_TYPES,
        memory=tuple(memory(name, g, size) for g in TYPES),
        performance=tuple(speeds),
        offers=machines,
        offers_elsewhere=machines,
        unit_prices=draw(unit_prices()),
        hosts=rooms,
        charts=draw(charts()),
    )


ALIKE_WISHES = (
    *("budget_usd_month", "budget_usd_hour", "high_availability", "concurrency", "component_roles", "components"),
    *("regions", "geos", "gpu_count_min"),
)
"""Wishes that mostly leave something to choose between."""


@st.composite
def serving_specs(draw: st.DrawFn, *, wished: bool, names: tuple[str, ...] = (), most: int = 5) -> WorkloadSpec:
    """Specs of a language model to serve, with any of the wishes that narrow the choice: of these names, no more than
    so many."""
    wishes: dict[str, Any] = {"task_type": "inference", "domain": "llm", "model_task": "text-generation"}
    if wished:
        wishes["models"] = ("the model",)
    optional: dict[str, st.SearchStrategy[Any]] = {
        "budget_usd_month": st.integers(50, 60000),
        "budget_usd_hour": st.integers(1, 80),
        "providers": st.lists(st.sampled_from(PROVIDERS), min_size=1, max_size=3, unique=True).map(tuple),
        "providers_excluded": st.lists(st.sampled_from(PROVIDERS), min_size=1, max_size=2, unique=True).map(tuple),
        "gpu_models": st.lists(
            st.sampled_from(("T4", "L4", "A100", "H100", "MI300X")), min_size=1, max_size=2, unique=True
        ).map(tuple),
        "gpu_models_excluded": st.lists(
            st.sampled_from(("T4", "A10G", "H100")), min_size=1, max_size=2, unique=True
        ).map(tuple),
        "gpu_count_min": st.integers(1, 20),
        "vram_gb_min_per_gpu": st.sampled_from((16, 24, 40, 80)),
        "vram_gb_min_total": st.sampled_from((24, 160, 640)),
        "regions": st.lists(st.sampled_from([p[0] for p in PLACES]), min_size=1, max_size=2, unique=True).map(tuple),
        "geos": st.lists(st.sampled_from(("US", "EU")), min_size=1, max_size=2, unique=True).map(tuple),
        "spot_ok": st.booleans(),
        "high_availability": st.booleans(),
        "license": st.just("open_source"),
        "concurrency": st.integers(1, 500),
        "component_roles": st.sampled_from((("monitoring",), ("cache",), ("cache", "monitoring"))),
        "components": st.just(("keda",)),
    }
    if names:
        optional["budget_usd_month"], optional["gpu_count_min"] = st.integers(600, 3000), st.integers(1, 4)
    chosen = draw(st.sets(st.sampled_from(sorted(names or optional)), max_size=most))
    return WorkloadSpec(**wishes, **{name: draw(optional[name]) for name in sorted(chosen)})


def specs_beside(catalogue: str) -> st.SearchStrategy[WorkloadSpec]:
    """Specs for catalogues of a kind: of anything, of a model that was named, or of machines alike."""
    if catalogue == "alike":
        return serving_specs(wished=True, names=ALIKE_WISHES, most=2)
    return serving_specs(wished=catalogue == "wished")


def catalogues_of(kind: str) -> st.SearchStrategy[Candidates]:
    """Catalogues of a kind."""
    return alike_catalogues() if kind == "alike" else catalogues(wished=kind == "wished")


KINDS = ("any", "wished", "alike")
