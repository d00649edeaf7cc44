"""The cheapest plan by brute force: plain loops over the records, written without the planner's own parts."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal

from services.orchestrator.domain.candidates import Candidates, MemoryEstimate, ModelCandidate, Offer
from services.orchestrator.domain.spec import WorkloadSpec

COUNTRIES = {"US": {"US"}, "EU": {"NL", "RO", "DE", "FR", "FI", "SE"}}
PRECISIONS = ("bf16", "fp8", "int4")


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def disk_price(offer: Offer, candidates: Candidates) -> Decimal | None:
    """Return what a GB-month of disk costs: in the region, else in the first region listed of its continent, else in
    the first of the provider, else in the middle of the first ones of all providers."""
    listed = [p for p in candidates.unit_prices.records if p.kind == "block"]
    for fits in (
        lambda p: p.region in ("", offer.region),
        lambda p: offer.continent in p.continents,
        lambda p: True,
    ):
        for price in listed:
            if price.provider == offer.provider and fits(price):
                return price.unit_price
    firsts: dict[str, Decimal] = {}
    for price in listed:
        firsts.setdefault(price.provider, price.unit_price)
    return sorted(firsts.values())[len(firsts) // 2] if firsts else None


def storage(offer: Offer, model: ModelCandidate, candidates: Candidates, *, machines: int, volumes: int) -> Decimal:
    """Return what a month of disks costs: 40 GB on each machine, and a volume of at least 20 GiB for the weights of
    each copy, as they are published."""
    price = disk_price(offer, candidates)
    if price is None:
        return Decimal(0)
    each = {"fp8": 1.0, "int4": 0.6}.get(model.precision, 2.0)
    weights = max(20, math.ceil(math.ceil((model.parameters or 0) * each * 1.35 / 1e9) * 1e9 / 2**30))
    return cents(price * math.ceil(weights * 2**30 / 1e9) * volumes) + cents(price * 40 * machines)


def of_components(
    offer: Offer, spec: WorkloadSpec, candidates: Candidates, *, machines: int, cost: Decimal, spare: bool
) -> tuple[Decimal, bool]:
    """Return what a month of a machine for the components costs, and whether that is left out because the budget does
    not pay for it: nothing where a tenth of the workload's machines holds them, else the cheapest at the place, else
    the middle of what places pay. spare: the machines hold more copies than the load needs."""
    cluster = offer.provider not in ("runpod", "vast")
    names = {chart.chart for chart in candidates.charts}
    twice_month = spec.budget_usd_month is None or cost * 2 <= Decimal(str(spec.budget_usd_month))
    twice_hour = spec.budget_usd_hour is None or offer.price_per_hour * machines * 2 <= Decimal(
        str(spec.budget_usd_hour)
    )
    grows = {"keda", "kube-prometheus-stack"} <= names and (spare or (twice_month and twice_hour))
    works = {"gpu_operator": offer.gpu_count, "autoscaling": grows}
    asked = {*(role.value for role in spec.component_roles), *("autoscaling" for name in spec.components)}
    charts = [c for c in candidates.charts if works.get(c.role, True) or c.role in asked]
    cpus = sum(0.5 if c.cpu is None else c.cpu for c in charts)
    memory_gib = sum(1.5 if c.memory_gib is None else c.memory_gib for c in charts)
    room = (offer.vcpus or 0) * machines / 10, (offer.memory_gib or 0) * machines / 10
    if not charts or (cluster and cpus <= room[0] + 1e-9 and memory_gib <= room[1] + 1e-9):
        return Decimal(0), False
    cheapest_at: dict[tuple[str, str], Decimal] = {}
    for host in candidates.hosts:
        holds = host.vcpus * 0.9 >= cpus - 1e-9 and host.memory_gib * 0.9 >= memory_gib - 1e-9
        if holds and host.price_model == "on_demand" and host.provider not in ("runpod", "vast"):
            place = host.provider, host.region
            cheapest_at[place] = min(host.price_per_hour, cheapest_at.get(place, host.price_per_hour))
    own = cheapest_at.get((offer.provider, offer.region))
    if own is None:
        usual = sorted(cheapest_at.values())[len(cheapest_at) // 2] if cheapest_at else Decimal(0)
        return cents(usual * 730), False
    month = cents(own * 730)
    return month, spec.budget_usd_month is not None and cost + month > Decimal(str(spec.budget_usd_month))


def allowed(offer: Offer, spec: WorkloadSpec) -> bool:
    family = offer.gpu_type.split("-")[0]
    return (
        (not spec.providers or offer.provider in spec.providers)
        and offer.provider not in spec.providers_excluded
        and not (spec.high_availability and offer.provider == "vast" and "vast" not in spec.providers)
        and (not spec.regions or offer.region in spec.regions)
        and (not spec.geos or any(offer.country in COUNTRIES[geo] for geo in spec.geos))
        and (not spec.gpu_models or offer.gpu_type in spec.gpu_models or family in spec.gpu_models)
        and not (offer.gpu_count and {offer.gpu_type, family} & set(spec.gpu_models_excluded))
        and offer.gpu_memory_gib >= (spec.vram_gb_min_per_gpu or 0) * 1e9 / 2**30
        and (offer.price_model != "spot" or spec.spot_ok is True)
    )


def copies_needed(spec: WorkloadSpec, model: ModelCandidate, tokens: float | None, *, comfortable: bool) -> int:
    """Return how many copies the load takes: of small models 64 requests each, of large ones 256; comfortable: so many
    that each request in flight gets 8 tokens a second."""
    small_budget = spec.budget_usd_month is not None and spec.budget_usd_month <= 100
    requests = spec.concurrency or (2 if small_budget else 8)
    copies = max(1, math.ceil(requests / (64 if (model.parameters or 0) <= 40e9 else 256)))
    if spec.high_availability:
        copies = max(copies, 2)
    if comfortable and tokens:
        copies = max(copies, math.ceil(8 * requests / tokens))
    return copies


def nodes_needed(
    offer: Offer, estimate: MemoryEstimate, spec: WorkloadSpec, copies_wanted: int, *, whole: bool
) -> int | None:
    """Return the fewest machines that hold the copies (two machines with high availability), or None when a copy does
    not fit. whole: a copy sits on one machine."""
    if estimate.gpus < 1 or estimate.per_gpu_gib > offer.gpu_memory_gib * 0.95:
        return None
    span, each = 1, offer.gpu_count // estimate.gpus
    if offer.gpu_count < estimate.gpus:
        full = offer.gpu_count >= 8 and offer.gpu_memory_gib >= 75 and offer.provider not in ("vast", "runpod")
        if whole or not full or estimate.gpus % offer.gpu_count or estimate.tensor_parallel > offer.gpu_count:
            return None
        span, each = estimate.gpus // offer.gpu_count, 1
    for nodes in range(1, 65):
        if nodes % span or nodes * each // span < copies_wanted:
            continue
        if spec.high_availability and nodes // span < 2:
            continue
        if nodes * offer.gpu_count < (spec.gpu_count_min or 0):
            continue
        total = nodes * offer.gpu_count * offer.gpu_memory_gib
        if total + 1e-9 < (spec.vram_gb_min_total or 0) * 1e9 / 2**30:
            continue
        return nodes
    return None


def on_cpus(
    offer: Offer, model: ModelCandidate, spec: WorkloadSpec, candidates: Candidates, *, comfortable: bool
) -> tuple[int | None, int]:
    """Return the machines without GPUs that serve a small model, None where a GPU is wished for or they would be too
    slow, and the copies that the load needs."""
    wishes = (spec.gpu_models, spec.gpu_count_min, spec.vram_gb_min_per_gpu, spec.vram_gb_min_total, spec.gpu_needed)
    if any(wishes) or (model.parameters or math.inf) > 4.5e9:
        return None, 0
    need = next((e for e in candidates.memory if (e.model_id, e.gpu_type) == (model.model_id, "")), None)
    if need is None or (offer.memory_gib or 0) < max(8.0, need.total_gib * 1.25):
        return None, 0
    key = (model.model_id, "", int(offer.vcpus or 0))
    speed = next((s for s in candidates.performance if (s.model_id, s.gpu_type, s.gpus) == key), None)
    if speed is None or (speed.time_to_first_token_ms or math.inf) > 10_000:
        return None, 0
    small_budget = spec.budget_usd_month is not None and spec.budget_usd_month <= 100
    requests = spec.concurrency or (2 if small_budget else 8)
    if (speed.tokens_per_second or 0) < 4 * requests:
        return None, 0
    copies = copies_needed(spec, model, speed.tokens_per_second, comfortable=comfortable)
    least = copies_needed(spec, model, speed.tokens_per_second, comfortable=False)
    return (copies, least) if copies <= 64 else (None, 0)


def cheapest(spec: WorkloadSpec, candidates: Candidates) -> tuple[Decimal, str, str, int] | None:
    """Return the cheapest with what is comfortable, which is given up step by step when nothing meets the wishes: as
    fast as people read, a copy on one machine, no machines of private hosts nor, where components are asked for,
    outside clusters."""
    steady = [o for o in candidates.offers if o.provider != "vast" or "vast" in spec.providers]
    if spec.components or spec.component_roles:  # these run in a cluster
        steady = [o for o in steady if o.provider != "runpod" or "runpod" in spec.providers] or steady
    for offers, whole, flowing in (
        (steady, True, True),
        (steady, True, False),
        (steady, False, False),
        (list(candidates.offers), False, False),
    ):
        found = _cheapest(spec, candidates, offers, whole=whole, flowing=flowing)
        if found:
            return found
    return None


def _cheapest(
    spec: WorkloadSpec, candidates: Candidates, offers: list[Offer], *, whole: bool, flowing: bool
) -> tuple[Decimal, str, str, int] | None:
    """Return cost a month with a machine for the components, model, precision and nodes of the cheapest way to serve
    the best model that can be served: first among those whose components the budget pays for too."""
    speeds = {(s.model_id, s.precision, s.gpu_type, s.gpus): s.tokens_per_second for s in candidates.performance}
    for model in candidates.models:
        if spec.models and not model.wished_as:
            continue
        if spec.license == "open_source" and not model.open_source:
            continue
        for precision in PRECISIONS[PRECISIONS.index(model.precision) if model.precision else 0 :]:
            found = []
            for offer in offers:
                if not allowed(offer, spec):
                    continue
                sizes = [
                    (nodes, 1 if e.gpus > offer.gpu_count else least, (nodes or 0) * offer.gpu_count // e.gpus > least)
                    for e in candidates.memory
                    if (e.model_id, e.precision, e.gpu_type) == (model.model_id, precision, offer.gpu_type)
                    and offer.gpu_count
                    and not (precision == "fp8" and candidates.gpu_types[offer.gpu_type].compute_capability == "7.5")
                    for tokens in [speeds.get((e.model_id, e.precision, e.gpu_type, e.gpus))]
                    for copies in [copies_needed(spec, model, tokens, comfortable=flowing)]
                    for nodes in [nodes_needed(offer, e, spec, copies, whole=whole)]
                    for least in [copies_needed(spec, model, tokens, comfortable=False)]
                ]
                if not offer.gpu_count and precision == "bf16":
                    nodes, volumes = on_cpus(offer, model, spec, candidates, comfortable=flowing)
                    sizes = [(nodes, volumes, (nodes or 0) > volumes)]
                for nodes, volumes, spare in sizes:
                    if nodes is None:
                        continue
                    hourly = offer.price_per_hour * nodes
                    disks = storage(offer, model, candidates, machines=nodes, volumes=volumes)
                    cost = cents(hourly * 730) + disks
                    if spec.budget_usd_month and cost > Decimal(str(spec.budget_usd_month)):
                        continue
                    if spec.budget_usd_hour and hourly > Decimal(str(spec.budget_usd_hour)):
                        continue
                    host, left_out = of_components(offer, spec, candidates, machines=nodes, cost=cost, spare=spare)
                    # Each machine after the first counts as an hour of an engineer a month.
                    weighed = cost + host + 100 * (nodes - 1)
                    found.append((left_out, weighed, nodes, cost + host, model.model_id, precision))
            if found:
                _, _, nodes, cost, name, _ = min(found)
                return cost, name, precision, nodes
    return None
