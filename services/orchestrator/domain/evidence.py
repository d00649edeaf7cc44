"""What the records say of the machines that a plan names: facts to compare the plan with, no judgement.

Nothing here is taken from how the planner chose; a plan, the wishes and the records are all that it rests on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal
from itertools import zip_longest
from typing import Any, Final, NamedTuple

from libs.money import per_month, to_cents
from libs.provenance import Provenance
from services.orchestrator.domain.candidates import Candidates, MemoryEstimate, Offer, PerformanceEstimate
from services.orchestrator.domain.plan import (
    DeploymentPlan,
    GpuRecommendation,
    Relaxation,
    Workload,
    WorkloadKind,
)
from services.orchestrator.domain.planning import costs, engines, hosting, options, storage, triton, weighing, words
from services.orchestrator.domain.planning.gpus import has_bf16
from services.orchestrator.domain.planning.helpers import helpers_of
from services.orchestrator.domain.planning.layouts import length_of_run
from services.orchestrator.domain.planning.needs import Needs
from services.orchestrator.domain.planning.places import NO_KUBERNETES, without_transfer
from services.orchestrator.domain.planning.workload import (
    adds_copies,
    manifest_file,
    nodes_of,
    task_file,
    workload_name,
)
from services.orchestrator.domain.prices import UnitPrice, exact

_ABOUT: Final = ("task", "license", "license_note", "gated", "parameters")
MODEL: Final = (*_ABOUT, "downloads", "likes", "relevance", "purpose", "provenance")
"""What a plan repeats of the record of a model; likewise of a chart, and of another chart for its role."""
_INSTALLED: Final = ("role", "name", "repository_url", "namespace", "release", "provenance")
_OF_CHART: Final = ("values", "connection", "warnings", "secrets", "needs", "companions", "links", "kube_version")
CHART: Final = (*_INSTALLED, *_OF_CHART)
ALTERNATIVE: Final = ("name", "repository", "chart", "version", "why")
LINE: Final = ("description", "quantity", "unit", "unit_price", "quantity_max", "provenance")
"""What a line of the bill says beside its amounts."""
_OFFER: Final = ("provider", "instance_type", "region", "price_model", "gpu_type", "provenance")
_MACHINE: Final = ("country", "gpu_memory_gib", "vcpus", "memory_gib")


class Due(NamedTuple):
    """What a line of the bill has to say."""

    description: str
    quantity: Decimal | None
    unit: str
    record: Offer | UnitPrice | None
    """What states the unit price; None where nothing does."""
    most: Decimal | None = None
    """The most that may be used; None where that is the quantity, or is not known or has no price."""

    @property
    def line(self) -> dict[str, Any]:
        """What the line has to say, by the names of its fields."""
        record, price = self.record, None
        if record is not None:
            price = record.price_per_hour if isinstance(record, Offer) else record.unit_price
        return {
            "description": self.description,
            "quantity": self.quantity,
            "unit": self.unit,
            "unit_price": price,
            "quantity_max": self.most,
            "provenance": record.provenance if record else None,
        }


class Evidence:
    """The records, by what a plan names them by."""

    def __init__(self, records: Candidates, needs: Needs) -> None:
        self.records, self.needs = records, needs
        self.serves, self.trains = needs.kind is WorkloadKind.SERVING, needs.kind is WorkloadKind.TRAINING
        self.loads = {field: getattr(needs, field) for field in ("tokens_per_second", "requests_per_second")}
        self.offers = {o.offer_id: o for o in (*records.offers_elsewhere, *records.offers)}
        self.models = {m.model_id: m for m in records.models}
        self.sizes = {(e.model_id, e.precision, e.gpu_type): e for e in records.memory}
        self.speeds = {(s.model_id, s.precision, s.gpu_type, s.gpus): s for s in records.performance}
        self.sized: dict[str, set[tuple[str, float]]] = {}
        for size in records.memory:
            self.sized.setdefault(size.model_id, set()).add((size.precision, size.total_gib))
        self._by_record: dict[str, Offer] = {}
        for offer in self.offers.values():
            self._by_record[offer.provenance.record_id] = offer
        sources = [r.provenance for some in (self.offers.values(), records.models, records.charts) for r in some]
        self.snapshots = {(source.catalog, source.snapshot_id) for source in sources}

    def cited(self, source: Provenance | None) -> Offer | None:
        """Return the offer that a part of a plan cites; None where there is none."""
        found = self._by_record.get(source.record_id) if isinstance(source, Provenance) else None
        return found if found and found.provenance == source else None

    def size(self, rec: GpuRecommendation) -> MemoryEstimate | None:
        """Return what one copy needs on GPUs of the type; None where nothing was estimated."""
        return self.sizes.get((rec.model_id, rec.precision, rec.gpu_type))

    def speed(self, rec: GpuRecommendation) -> PerformanceEstimate | None:
        """Return the speed of one copy of a service, of a run that on all machines; None where it is not known."""
        size, each = self.size(rec), rec.gpus_per_node or int(rec.vcpus or 0)
        devices = (size.gpus or each if self.serves else rec.node_count * each) if size else 0
        return self.speeds.get((rec.model_id, rec.precision, rec.gpu_type, devices))

    def copies(self, asked: float | None, field: str, rec: GpuRecommendation) -> int:
        """Return how many copies carry a load that is asked of a service; 0 where that is not known, or none is. field:
        of the estimate of one."""
        each = getattr(self.speed(rec), field, None) if self.serves else None
        return math.ceil(asked / each) if asked and each else 0

    def copies_due(self, lead: GpuRecommendation, offer: Offer, work: Workload) -> tuple[int, int, int]:
        """Return how many copies have to run at the least, may run under load at the least, and at the most: those that
        were asked for, else what the high load needs, or twice those that run, where anything adds copies."""
        needs, carried = self.needs, [self.copies(asked, field, lead) for field, asked in self.loads.items()]
        least = max(needs.replicas_min, needs.copies_min, *carried)
        if not self.serves or not adds_copies(offer, self.records):
            return least, 1, work.replicas_min
        if needs.ceilings.on_all:
            return least, 1, max(lead.replicas, work.replicas_min)
        if needs.copies_max is not None:
            return least, needs.copies_max, max(needs.copies_max, work.replicas_min)
        peak = self.copies(needs.requests_peak, "requests_per_second", lead)
        return least, peak, max(2 * work.replicas_min, lead.replicas, peak)

    def run_hours(self, offer: Offer, speed: PerformanceEstimate | None, nodes: int) -> float | None:
        """Return how long one run takes on machines of an offer; None of a service and where it is not known."""
        return None if self.serves else length_of_run(offer, speed, self.needs, nodes=nodes)

    def hired(self, offer: Offer, nodes: int) -> dict[str, Any]:
        """Return the facts of so many machines of an offer."""
        return facts(offer, _OFFER) | {
            "node_count": nodes,
            "gpu_count": nodes * offer.gpu_count,
            "price_per_hour": _times(offer.price_per_hour, nodes),
            "spot_price_per_hour": _times(offer.spot_price_per_hour, nodes),
        }

    def machine(self, rec: GpuRecommendation, offer: Offer) -> dict[str, Any]:
        """Return the facts of a recommendation: those of its machines, and the speed, length and cost of a run there
        by the estimate."""
        hired, speed, nodes = self.hired(offer, rec.node_count), self.speed(rec), rec.node_count
        price, hours = hired["price_per_hour"], self.run_hours(offer, speed, nodes)
        writes = self.trains or self.needs.task in engines.LANGUAGE_TASKS
        tokens = speed.tokens_per_second if speed and writes else None
        return {
            **hired,
            **facts(offer, _MACHINE),
            "gpus_per_node": offer.gpu_count,
            "gpu_memory_total_gib": nodes * offer.gpu_count * offer.gpu_memory_gib,
            "price_per_month": None if price is None else per_month(price),
            "tokens_per_second": tokens * rec.replicas if tokens else None,
            "performance_basis": words.basis(speed) if speed else "",
            "run_hours": hours,
            "run_cost": None if None in (hours, price) else to_cents(price * options.charged_hours(hours)),
        }

    def workload(self, lead: GpuRecommendation, offer: Offer) -> dict[str, Any]:
        """Return the facts of what runs on the first machines: its server, image, nodes, volumes and share of each."""
        needs, gpu, model = self.needs, self.records.gpu_types.get(lead.gpu_type), self.models.get(lead.model_id)
        size, each, algorithm = self.size(lead), offer.gpu_count, needs.algorithm
        split = max(size.gpus, 1) if size and each and self.serves else each
        over = max(split // max(each, 1), 1) if self.serves else lead.node_count
        vendor = gpu.vendor if gpu else "nvidia" if each else ""
        resource, labels = nodes_of(offer, vendor) if each else ("", {})
        task = needs.task or (model.task if model else "")
        engine = engines.engine_of(needs.task, needs.kind, gpu=needs.gpu, algorithm=algorithm)
        if needs.triton:
            engine = triton.engine_on(engine, task, gpu=gpu, vendor=vendor, nodes=over)
        precision = lead.precision or needs.precisions[0]
        return {
            "kind": needs.kind,
            "name": workload_name(lead.model_id, needs),
            "model_id": lead.model_id,
            "model_task": task,
            "engine": engine,
            "image": engines.image_of(engine, gpu),
            "epochs": needs.run.epochs if needs.run else None,
            "precision": "fp16" if precision == "bf16" and not has_bf16(gpu) else precision,
            "tensor_parallel": 1 if self.trains else lead.tensor_parallel,
            "pipeline_parallel": 1 if self.trains else lead.pipeline_parallel,
            "node_count": over,
            "gpus_per_node": split // over if self.serves else each,
            "context_tokens": needs.context_tokens if needs.task in engines.LANGUAGE_TASKS else None,
            "gpu_vendor": vendor,
            "gpu_resource": resource,
            "node_selector": dict(labels),
            "weights_gib": storage.weights_volume_gib(model, bare=algorithm is not None),
            "dataset_gib": storage.dataset_volume_gib(needs.dataset_gb),
            "checkpoint_gib": options.checkpoint_gib(needs, model),
            "gated": bool(model and model.gated),
            "spot": offer.price_model == "spot",
            "high_availability": needs.replicas_min > 1,
            "helpers": helpers_of(self.records) if needs.retrieval else (),
        }

    def way_out(self, way: Relaxation, offer: Offer) -> dict[str, Any]:
        """Return what so many machines of an offer cost for the hours of a way out, with what is stored and sent."""
        hourly = _times(offer.price_per_hour, way.node_count)
        beside = self.beside(offer, way.model_id, nodes=way.node_count, volumes=way.volumes)
        month = None if hourly is None else to_cents(hourly * (way.hours_per_month or 0)) + beside
        return {"price_per_hour": hourly, "price_per_month": month, "beside_per_month": beside}

    def unmet_beside(self, plan: DeploymentPlan) -> Iterator[str]:
        """Yield the fields that are not met although the first machines break none of them: data under GDPR that goes
        where the user wants it, and machines of the user's own where all are rented."""
        needs, machines = self.needs, plan.gpu_recommendations
        country = machines[0].country if machines and (needs.regions or needs.geos) else ""
        if country and "gdpr" in needs.compliance and not without_transfer(country):
            yield "compliance"
        if needs.prefers_local and not needs.own_alone and all(rec.provider != "local" for rec in machines):
            yield "prefers_local_cluster"

    def beside(self, offer: Offer, model_id: str, *, nodes: int, volumes: int = 1) -> Decimal:
        """Return what is stored and sent in a month, in USD, at a usual price where that of the place is not known."""
        prices = self.records.unit_prices
        stored = options.stored_by(self.needs, self.models.get(model_id), self.records, nodes=nodes, volumes=volumes)
        return storage.monthly(offer, stored, prices) + prices.traffic(offer, self.needs.egress_gb or 0)

    def home(self, plan: DeploymentPlan, lead: GpuRecommendation, offer: Offer) -> hosting.Hosting:
        """Return where the components of a plan run beside its first machines."""
        home = hosting.hosting_of(offer, lead.node_count, plan.kubernetes_stack, self.records)
        others = plan.cost_estimate.monthly_total - hosting.cost_of(plan.cost_estimate)
        hours = options.paid_hours(lead.run_hours, self.needs)
        return hosting.affordable(home, others=others, hours=hours, needs=self.needs)

    def warnings(self, plan: DeploymentPlan, lead: GpuRecommendation, offer: Offer, work: Workload) -> Iterator[str]:
        """Yield what has to be minded of the first machines, their model and what the catalogues left out."""
        cluster = self.records.cluster if offer.provider == "local" else None
        yield from hosting.warnings(work, self.home(plan, lead, offer), cluster=cluster)
        model = self.models.get(lead.model_id)
        yield from weighing.of_model(model)
        yield from weighing.of_speed(self.needs, model, self.speed(lead), lead.run_hours)
        yield from weighing.of_offline(work, plan.kubernetes_stack) if self.needs.offline else ()
        yield from map(weighing.unanswered, self.records.missing)

    def files(self, plan: DeploymentPlan) -> set[str]:
        """Return the files of a plan that its steps start: the workload's own by what rents its machines."""
        lead, work = next(iter(plan.gpu_recommendations), None), plan.workload
        if lead is None or work is None:
            return set()
        own = task_file if lead.provider in NO_KUBERNETES else manifest_file
        stack = {"helmfile.yaml"} if plan.kubernetes_stack else set()
        return {own(work.name), *(manifest_file(helper.name) for helper in work.helpers)} | stack

    def bill(self, plan: DeploymentPlan, lead: GpuRecommendation, offer: Offer, work: Workload) -> Iterator[Due]:
        """Yield the lines that are due for the first machines of a plan: themselves, the machine of the components,
        what is stored, what is sent, and what an endpoint takes."""
        nodes, hours = lead.node_count, options.paid_hours(lead.run_hours, self.needs)
        grown = math.ceil(nodes * work.replicas_max / lead.replicas) if work.replicas_max > lead.replicas > 0 else 0
        most = hours * grown if grown and offer.price_per_hour is not None else None
        yield Due(words.machine_line(offer, nodes), hours * nodes, "hour", offer, most)
        home = self.home(plan, lead, offer)
        if home.own and not home.left_out:
            yield Due(hosting.description(home.host, home.requests), hours, "hour", home.host)
        yield from self._stored(plan, work, offer, nodes)
        yield from self._sent(lead, offer)
        yield from (Due(what, Decimal(1), "month", None) for what in costs.endpoint_of(offer) if self.serves)

    def _stored(self, plan: DeploymentPlan, work: Workload, offer: Offer, nodes: int) -> Iterator[Due]:
        for item in storage.kept_of(work, dataset_gb=self.needs.dataset_gb, machines=nodes):
            (price, *_), note = self._prices(offer, item.kind)
            # Copies over several machines share one volume.
            added = (work.replicas_max - work.replicas_min) * item.each_copy_gb if work.node_count == 1 else 0
            most = Decimal(item.size_gb + added) if added and price and price.unit_price else None
            yield Due(storage.line_of(item) + note, Decimal(item.size_gb), "GB-month", price, most)
        if plan.kubernetes_stack:
            (price, *_), note = ((None,), "") if offer.provider in NO_KUBERNETES else self._prices(offer, "block")
            yield Due(storage.OF_COMPONENTS + note, None, "GB-month", price)

    def _sent(self, lead: GpuRecommendation, offer: Offer) -> Iterator[Due]:
        """Yield the tiers that are reached by the traffic that was stated, else by the most that a service sends."""
        stated, full = self.needs.egress_gb, costs.full_load_gb(self.needs, self.speed(lead), lead.replicas)
        if offer.provider == "local" or not (stated or self.serves):
            return
        tiers, note = self._prices(offer, "egress")
        for price, above in zip_longest(tiers, tiers[1:]):
            begin, end = price.from_gb if price else 0.0, above.from_gb if above else math.inf
            if begin and begin >= (stated or full or 0):
                return
            amount, most = exact(min(stated, end) - begin) if stated else None, None
            # What another place pays is no bound of what is paid here.
            if not stated and full is not None and price and price.unit_price and not note:
                most = Decimal(math.ceil(min(full, end) - begin))
            yield Due(storage.traffic_line(begin) + note, amount, "GB", price, most)

    def _prices(self, offer: Offer, kind: str) -> tuple[tuple[UnitPrice | None, ...], str]:
        """Return the unit prices at a machine's place by amount, one None where there are none, and what a line adds
        that is charged at those of another place."""
        tariff = self.records.unit_prices.find(offer, kind)
        return tariff.tiers if tariff else (None,), storage.priced_as(tariff, offer)


def facts(record: object, fields: tuple[str, ...]) -> dict[str, Any]:
    """Return fields of a record by name."""
    return {name: getattr(record, name) for name in fields}


def _times(price: Decimal | None, machines: int) -> Decimal | None:
    return None if price is None else price * machines
