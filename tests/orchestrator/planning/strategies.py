"""Generated catalogues and specs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from services.orchestrator.domain.candidates import Candidates, Offer
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
        charts=(chart("gpu_operator", "gpu-operator"), chart("monitoring", "kube-prometheus-stack")),
    )


@st.composite
def serving_specs(draw: st.DrawFn, *, wished: bool) -> WorkloadSpec:
    """Specs of a language model to serve, with any of the wishes that narrow the choice."""
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
    }
    chosen = draw(st.sets(st.sampled_from(sorted(optional)), max_size=5))
    return WorkloadSpec(**wishes, **{name: draw(optional[name]) for name in sorted(chosen)})
