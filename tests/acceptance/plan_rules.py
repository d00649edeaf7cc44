"""What must hold for every plan, read again from the catalogues that it cites."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from difflib import unified_diff
from typing import Any, Final

from google.type.money_pb2 import Money

from services.orchestrator.domain.planning.places import allowed_countries, countries_of
from stack8s.compute.v1.compute_service_pb2 import GetOfferRequest
from stack8s.models.v1.models_service_pb2 import GetModelRequest
from stack8s.orchestrator.v1 import architect_service_pb2 as pb
from stack8s.orchestrator.v1.plan_pb2 import DeploymentPlan, GpuRecommendation
from stack8s.orchestrator.v1.spec_pb2 import WorkloadSpec
from stack8s.packages.v1.packages_service_pb2 import ListVersionsRequest
from tests.orchestrator.render.objects import check, check_pods
from tests.orchestrator.render.references import check_references
from tests.orchestrator.render.validate import documents
from tests.orchestrator.render.vendors import sky_task
from tests.support.conversation import Product

HOURS: Final = 730
GB: Final = 1e9 / 2**30
_CENT: Final = Decimal("0.01")
_PLACEHOLDER: Final = re.compile(r"\bTODO\b|\bFIXME\b|CHANGE_?ME|REPLACE_|<your[- ]|\bXXX\b|\{\{", re.IGNORECASE)
_MOST_NODES: Final = 25


def usd(money: Money) -> Decimal:
    """Return an amount of money."""
    return Decimal(money.units) + Decimal(money.nanos) / 10**9


def places(name: str) -> frozenset[str]:
    """Return the countries of a place; a country's code is its own place."""
    return countries_of(name) or frozenset({name})


def cents(amount: Decimal) -> set[Decimal]:
    """Return an amount rounded to the cent, in either way of rounding the half."""
    return {amount.quantize(_CENT, ROUND_HALF_UP), amount.quantize(_CENT, ROUND_HALF_EVEN)}


def facts(plan: DeploymentPlan | None) -> list[str]:
    """Return a plan as lines of text, without its ids and without the prose that a model may write."""
    kept = DeploymentPlan()
    if plan is not None:
        kept.CopyFrom(plan)
    for each in (kept, *kept.parts):
        for field in ("plan_id", "conversation_id", "understanding", "tradeoffs"):
            each.ClearField(field)
    return str(kept).splitlines()


def differences(one: DeploymentPlan | None, other: DeploymentPlan | None) -> list[str]:
    """Return the lines in which the facts of two plans differ."""
    return [line for line in unified_diff(facts(one), facts(other), lineterm="", n=0) if line.strip()]


class Auditor:
    """Judges plans, reading each catalogue record once."""

    def __init__(self, product: Product, records: dict[Any, Any]) -> None:
        self._product, self._records = product, records

    async def wrong(self, plan: DeploymentPlan, spec: WorkloadSpec) -> list[str]:
        """Return what is wrong with a plan, in sentences."""
        found = [*_wishes(plan, spec), *_shape(plan, spec)]
        for each in (plan, *plan.parts):
            found += [*_figures(each), *_provenance(each)]
            found += [said for option in each.gpu_recommendations for said in await self._machine(option)]
            found += [said for model in each.model_recommendations for said in await self._model(model)]
            found += [said for chart in each.kubernetes_stack for said in await self._chart(chart)]
        return found + await self._files(plan)

    async def _read(self, key: Any, method: Any, request: Any) -> Any:
        if key not in self._records:
            self._records[key] = await method(request)
        return self._records[key]

    async def _machine(self, option: GpuRecommendation) -> list[str]:
        if option.offer_id.startswith("stated/"):  # the user's own, which no catalogue has
            return [] if not option.HasField("price_per_hour") else [f"{option.label} has a price"]
        request = GetOfferRequest(offer_id=option.offer_id)
        offer = (await self._read(option.offer_id, self._product.compute.GetOffer, request)).offer
        wrong = []
        if usd(offer.price_per_hour) * option.node_count != usd(option.price_per_hour):
            wrong.append(f"{option.label}: {usd(option.price_per_hour)} is not the price of {offer.offer_id}")
        if option.HasField("spot_price_per_hour") and (
            usd(offer.spot_price_per_hour) * option.node_count != usd(option.spot_price_per_hour)
        ):
            wrong.append(f"{option.label}: the spot price is not that of {offer.offer_id}")
        same = (offer.provider, offer.instance_type, offer.region, offer.gpu_type)
        if same != (option.provider, option.instance_type, option.region, option.gpu_type):
            wrong.append(f"{option.label}: the offer is {same}")
        return wrong

    async def _model(self, model: Any) -> list[str]:
        request = GetModelRequest(model_id=model.model_id)
        record = (await self._read(model.model_id, self._product.models.GetModel, request)).model
        wrong = []
        if record.license.license_id != model.license:
            wrong.append(f"{model.model_id}: licence {model.license}, its record says {record.license.license_id}")
        if (record.gated if record.HasField("gated") else False) != model.gated:
            wrong.append(f"{model.model_id}: gated is {record.gated}")
        if model.HasField("parameters") and record.parameters != model.parameters:
            wrong.append(f"{model.model_id}: parameters are {record.parameters}")
        return wrong

    async def _chart(self, chart: Any) -> list[str]:
        wanted = [(chart.repository, chart.chart, chart.version)]
        wanted += [(a.repository, a.chart, a.version) for a in chart.alternatives]
        wrong = []
        for repository, name, version in wanted:
            request = ListVersionsRequest(repository=repository, name=name, page_size=500, include_prereleases=True)
            answer = await self._read((repository, name), self._product.packages.ListVersions, request)
            if version not in {v.version for v in answer.versions}:
                wrong.append(f"{repository}/{name} has no version {version}")
        return wrong

    async def _files(self, plan: DeploymentPlan) -> list[str]:
        if not plan.HasField("workload"):
            return []
        wrong = []
        rendered = {}
        for form in (pb.RENDER_FORMAT_KUBERNETES, pb.RENDER_FORMAT_HELMFILE, pb.RENDER_FORMAT_SKYPILOT):
            request = pb.RenderPlanRequest(plan_id=plan.plan_id, format=form)
            rendered[form] = (await self._product.architect.RenderPlan(request)).content
        for content in rendered.values():
            wrong += [f"unresolved: {m.group()}" for m in [_PLACEHOLDER.search(content.decode())] if m]
        objects = documents(rendered[pb.RENDER_FORMAT_KUBERNETES])
        for rule in (check, check_pods, check_references):
            rule(objects)
        tasks = documents(rendered[pb.RENDER_FORMAT_SKYPILOT])
        for task in tasks:
            sky_task(task)
        if len(tasks) != 1 + sum(part.HasField("workload") for part in plan.parts):
            wrong.append(f"{len(tasks)} SkyPilot tasks")
        request = pb.RenderPlanRequest(plan_id=plan.plan_id, format=pb.RENDER_FORMAT_MERMAID)
        diagram = (await self._product.architect.RenderPlan(request)).content.decode()
        if len(re.findall(r"^\s*\w+(?:\[|\(|\{)", diagram, re.MULTILINE)) > _MOST_NODES:
            wrong.append("the diagram has too many nodes")
        return wrong


def _figures(plan: DeploymentPlan) -> list[str]:
    wrong = []
    for option in plan.gpu_recommendations:
        if usd(option.price_per_month) not in cents(usd(option.price_per_hour) * HOURS):
            wrong.append(f"{option.label}: {usd(option.price_per_month)} a month is not 730 hours")
        if option.gpu_count != option.gpus_per_node * option.node_count:
            wrong.append(f"{option.label}: {option.gpu_count} GPUs")
        if abs(option.gpu_memory_total_gib - option.gpu_count * option.gpu_memory_gib) > 0.01:
            wrong.append(f"{option.label}: {option.gpu_memory_total_gib} GiB in all")
        if option.gpu_count and option.memory_required_gib > option.gpu_memory_total_gib:
            wrong.append(f"{option.label}: {option.memory_required_gib} GiB do not fit")
    cost = plan.cost_estimate
    known = [usd(line.monthly) for line in cost.lines if line.HasField("monthly")]
    if sum(known, Decimal(0)) != usd(cost.monthly_total):
        wrong.append(f"the lines add up to {sum(known)}, not {usd(cost.monthly_total)}")
    for line in cost.lines:
        if line.HasField("monthly") and line.HasField("quantity") and line.HasField("unit_price"):
            amount = Decimal(line.quantity.value) * usd(line.unit_price)
            if usd(line.monthly) not in cents(amount):
                wrong.append(f"{line.description}: {usd(line.monthly)} is not {amount}")
        if not line.HasField("monthly") and not line.unknown_reason:
            wrong.append(f"{line.description} is unknown without a reason")
    if [step.number for step in plan.deployment_steps] != list(range(1, len(plan.deployment_steps) + 1)):
        wrong.append("the steps are not numbered")
    return wrong


def _provenance(plan: DeploymentPlan) -> list[str]:
    snapshots = {(s.catalog, s.snapshot_id) for s in plan.snapshots}
    records = [*plan.gpu_recommendations, *plan.model_recommendations, *plan.kubernetes_stack]
    records += [other for option in plan.gpu_recommendations for other in option.equivalents]
    records += [line for line in plan.cost_estimate.lines if line.HasField("unit_price")]
    wrong = []
    for record in records:
        source = record.provenance
        if not (source.record_id and source.source and source.HasField("as_of")):
            wrong.append(f"no provenance: {str(record)[:120]}")
        elif (source.catalog, source.snapshot_id) not in snapshots:
            wrong.append(f"{source.record_id}: snapshot {source.snapshot_id} is not among the plan's")
    return wrong


def _wishes(plan: DeploymentPlan, spec: WorkloadSpec) -> list[str]:
    """Every option keeps every wish or says which it breaks; what the first breaks is said in unmet."""
    wrong = []
    for option in plan.gpu_recommendations:
        broken = {name for name, bad in _broken(option, spec).items() if bad} - set(option.breaks)
        wrong += [f"{option.label} silently breaks {name}" for name in sorted(broken)]
    if plan.gpu_recommendations:
        told = {wish.field for wish in plan.unmet} | {"prefers_local_cluster"}
        untold = set(plan.gpu_recommendations[0].breaks) - told
        wrong += [f"unmet does not say {name}" for name in sorted(untold)]
    elif not plan.unmet and not any("does not answer" in w for w in plan.warnings):
        wrong.append("no machine, and not said why")
    return wrong


def _broken(option: GpuRecommendation, spec: WorkloadSpec) -> dict[str, bool]:
    if option.provider == "local":
        return {}
    countries = allowed_countries(tuple(spec.geos), tuple(spec.compliance), regions=tuple(spec.regions))
    gpu = option.gpu_count > 0
    return {
        "providers": bool(spec.providers) and option.provider not in spec.providers,
        "providers_excluded": option.provider in spec.providers_excluded,
        "geos": countries is not None and option.country not in countries,
        "spot_ok": option.price_model == "spot" and not spec.spot_ok,
        "gpu_needed": spec.HasField("gpu_needed") and not spec.gpu_needed and gpu,
        "gpu_count_min": gpu and option.gpu_count < spec.gpu_count_min,
        "vram_gb_min_per_gpu": gpu and option.gpu_memory_gib < spec.vram_gb_min_per_gpu * GB,
        "vram_gb_min_total": gpu and option.gpu_memory_total_gib < spec.vram_gb_min_total * GB,
        "budget_usd_hour": spec.HasField("budget_usd_hour")
        and float(usd(option.price_per_hour)) > spec.budget_usd_hour,
    }


def _shape(plan: DeploymentPlan, spec: WorkloadSpec) -> list[str]:
    """Enough to choose from: three options from two providers, three to five models, unless the wishes are narrow."""
    wrong = []
    narrow = spec.providers or spec.regions or spec.gpu_models or spec.geos or spec.compliance or plan.unmet
    narrow = narrow or (spec.HasField("budget_usd_month") and spec.HasField("requests_per_second"))
    narrow = narrow or plan.version > 1  # "half of that" leaves less to choose from than the spec says
    if not narrow:
        providers = {option.provider for option in plan.gpu_recommendations}
        if len(plan.gpu_recommendations) < 3 or len(providers) < 2:
            wrong.append(f"{len(plan.gpu_recommendations)} options from {sorted(providers)}")
    chosen = [model for model in plan.model_recommendations if model.chosen]
    mains = [model for model in plan.model_recommendations if model.purpose == "main"]
    # What the Hub has no task for has few of its kind.
    least = 1 if any(model.task == "other" for model in chosen) else 3
    if chosen and not least <= len(mains) <= 5:
        wrong.append(f"{len(mains)} models")
    if plan.HasField("workload") and not plan.deployment_steps:
        wrong.append("no steps")
    if not plan.understanding:
        wrong.append("no understanding")
    return wrong
