"""What is promised of a plan, a function each, and the plan held to all of it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import zip_longest
from typing import Final

from services.orchestrator.domain.candidates import Candidates, Offer
from services.orchestrator.domain.evidence import ALTERNATIVE, CHART, LINE, MODEL, facts
from services.orchestrator.domain.picks import OPTIONAL_ROLES
from services.orchestrator.domain.plan import (
    SCHEMA_VERSION,
    DeploymentPlan,
    GpuRecommendation,
    InstalledComponent,
)
from services.orchestrator.domain.planning import exchange, prose, words
from services.orchestrator.domain.planning.components import ordered
from services.orchestrator.domain.planning.constraints import untold
from services.orchestrator.domain.planning.kept import unmet_of
from services.orchestrator.domain.planning.kubernetes import clashes
from services.orchestrator.domain.planning.layouts import MARGIN
from services.orchestrator.domain.planning.standing import ROLE_OF_SOFTWARE
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.verify.case import Case, differences, times
from services.orchestrator.domain.verify.wishes import wishes

_LISTED: Final = ("gpu_recommendations", "model_recommendations", "kubernetes_stack", "installed", "unmet", "warnings")
_KUBECTL: Final = r"kubectl (?:-n [\w-]+ )?(?:apply|create|get|logs|port-forward|label namespace)"
_COMMAND: Final = re.compile(
    rf"(?:{_KUBECTL}|helmfile|sky (?:check|down|launch|logs)|pip)(?:[\w ./:=@,\"\[\]-]|&& (?=kubectl |sky ))*"
)


def verify(plan: DeploymentPlan, spec: WorkloadSpec, candidates: Candidates, *, said: str = "") -> tuple[str, ...]:
    """Return what is wrong with a plan, in sentences; empty when nothing is. said: the user's own words."""
    case = Case(plan, spec, candidates, said)
    return tuple(fault for check in PROMISES for fault in check(case))


def verify_parts(plan: DeploymentPlan) -> tuple[str, ...]:
    """Return what is wrong between a plan and its parts, each of which was verified by itself."""
    cost, plans = plan.combined_cost, (plan, *plan.parts)
    if not plan.parts:
        return () if cost is None else ("a plan without parts combines costs",)
    found = [f"{part.plan_id} has parts of its own" for part in plan.parts if part.parts]
    names = [each.workload.name for each in plans if each.workload]
    if len(set(names)) < len(names):
        found.append(f"two workloads have one name: {', '.join(names)}")
    served = {each.workload.result_of for each in plans if each.workload} - {"", *names}
    found += (f"there is no run {run}" for run in sorted(served))
    if cost is None or cost.once + cost.monthly != sum(each.cost_estimate.monthly_total for each in plans):
        found.append("the costs of the parts do not add up")
    elif cost.complete != all(each.cost_estimate.complete for each in plans):
        found.append(f"that the combined cost is complete is {not cost.complete}")
    return tuple(found)


def _memory(case: Case) -> Iterator[str]:
    """What one copy needs by its estimate leaves a margin on every GPU, or in main memory, and the machines hold just
    as many copies as promised."""
    learns = case.needs.algorithm
    for rec in case.machines:
        size, each, nodes = case.size(rec), rec.gpus_per_node, rec.node_count
        room = (rec.gpu_memory_gib if each else rec.memory_gib) or 0.0
        stated = (rec.memory_required_gib, rec.headroom, rec.tensor_parallel, rec.pipeline_parallel)
        least, split, usable = 0.0, max(size.gpus, 1) if size else 1, room * (1 - MARGIN)
        if size:
            least = size.per_gpu_gib if each else size.total_gib
            free = 1 - least / room if each and room else 0.0
            if stated != (size.total_gib, free, size.tensor_parallel, size.pipeline_parallel):
                yield f"{rec.offer_id}: {rec.model_id} needs {size.total_gib} GiB and leaves {free:.1%} free"
        elif (rec.precision, *stated) != ("", 0, 0, 1, 1) or (rec.model_id and (rec.model_id in case.sized or learns)):
            yield f"{rec.offer_id}: no estimate says what {rec.model_id} at {rec.precision} needs"
        elif learns and case.trains and not each:
            least, usable = learns.memory_gib(case.needs.dataset_gb), room
        if least > usable or (each and size and (size.gpus < 1 or size.tensor_parallel > each)):
            yield f"{rec.offer_id}: {rec.model_id} at {rec.precision} does not fit with margin"
        copies = nodes * (each // split) if each else nodes
        if 0 < each < split and not split % each:
            copies = nodes // (split // each)
        if copies < 1 or rec.replicas != (copies if case.serves else 1):
            yield f"{rec.offer_id}: {nodes} machines of {each} GPUs do not hold {rec.replicas} copies of {split}"


def _sums(case: Case) -> Iterator[str]:
    """A line is quantity times unit price and a total the sum of its lines, to the cent; what is not known is in no
    total, and the line says why."""
    cost = case.plan.cost_estimate
    for line in cost.lines:
        due = times(line.unit_price, line.quantity), times(line.unit_price, line.quantity_max)
        if (line.monthly, line.monthly_max) != due or (due[0] is None) != bool(line.unknown_reason):
            yield f"cost line {line.description!r} does not multiply out, or is unknown without a reason"
    known = [line.monthly for line in cost.lines if line.monthly is not None]
    added = [x.monthly_max - (x.monthly or 0) for x in cost.lines if x.monthly_max is not None]
    total = sum(known, Decimal(0))
    if (cost.monthly_total, cost.monthly_total_max) != (total, total + sum(added) if added else None):
        yield f"the lines add up to {total}, not {cost.monthly_total}, or to another sum at the most"
    spot = times(case.offer.spot_price_per_hour, cost.lines[0].quantity) if case.offer and cost.lines else None
    if cost.spot_monthly_total != (None if spot is None else total - (cost.lines[0].monthly or 0) + spot):
        yield f"on spot the month does not cost {cost.spot_monthly_total}"
    if cost.complete != (0 < len(cost.lines) == len(known)):
        yield f"that the estimate is complete is {not cost.complete}"
    if cost.run_total != (case.lead.run_cost if case.lead else None):
        yield f"a run does not cost {cost.run_total}"


def _bill(case: Case) -> Iterator[str]:
    """Price model, region and currency agree: the bill has the lines that are due, each at the unit price of a record
    of the machine's place, and shows its total at the dated rate of the user's currency."""
    cost, bill = case.plan.cost_estimate, case.bill(case.plan, *case.deployed) if case.deployed else ()
    for line, due in zip_longest(cost.lines, bill):
        told, stated = facts(line, LINE) if line else {}, due.line if due else {}
        if told != stated:
            yield f"the bill says {[*told.values()]}, not {[*stated.values()]}"
    rate = case.needs.rate if case.lead else None
    shown = exchange.from_usd(cost.monthly_total, rate) if rate else None
    if (cost.exchange_rate, cost.monthly_total_in_currency) != (rate, shown):
        yield f"the total is not {cost.monthly_total_in_currency} in the user's currency"


def _records(case: Case) -> Iterator[str]:
    """Every id is of a record and every figure and licence as it says: machines and their equivalents, the speed and
    length of a run, models, snapshots."""
    for rec in case.machines:
        offer = case.offers.get(rec.offer_id)
        faults = _of_machine(case, rec, offer) if offer else ("there is no such offer",)
        yield from (f"{rec.offer_id}: {fault}" for fault in faults)
    for model in case.plan.model_recommendations:
        record = case.models.get(model.model_id)
        yield from differences(model, facts(record, MODEL) if record else {"model_id": "of a record"})
        figures = (model.precision, model.memory_gib)
        sized = case.sized.get(model.model_id, set[tuple[str, float]]())
        if case.lead and model.chosen and sized:
            sized = {(case.lead.precision, case.lead.memory_required_gib)}
        if figures not in sized and (sized or figures != ("", None)):
            yield f"{model.model_id}: no estimate says {model.memory_gib} GiB at {model.precision}"
    for part in _LISTED:
        items = getattr(case.plan, part)
        if any(item in items[:place] for place, item in enumerate(items)):
            yield f"something stands twice in {part}"
    chosen = [m.model_id for m in case.plan.model_recommendations if m.chosen]
    if chosen != [rec.model_id for rec in case.machines[:1] if rec.model_id]:
        yield f"the models chosen are {chosen}, which the machines are not for"
    told = {(snapshot.catalog, snapshot.snapshot_id) for snapshot in case.plan.snapshots}
    if case.plan.schema_version != SCHEMA_VERSION or told != case.snapshots:
        yield "the snapshots are not those that the records are of"


def _of_machine(case: Case, rec: GpuRecommendation, offer: Offer) -> Iterator[str]:
    yield from differences(rec, case.machine(rec, offer))
    if not 1 <= rec.node_count <= (offer.units or math.inf):
        yield f"there are no {rec.node_count} such machines"
    named, at = words.machines_of(offer, rec.node_count), f" at {words.precision(rec.precision)}"
    kind = prose.called(rec.option, case.needs, unsure=bool(untold(case.speed(rec), rec.run_hours, case.needs)))
    if rec.label not in {f"{kind}: {named}", f"{kind}: {named}{at}"}:
        yield f"the label {rec.label!r} is not of {named}"
    for other in rec.equivalents:
        record = case.cited(other.provenance)
        alike = case.hired(record, other.node_count) if record else {"provenance": "of an offer"}
        yield from differences(other, alike | {"gpu_type": rec.gpu_type, "gpu_count": rec.gpu_count})


def _charts(case: Case) -> Iterator[str]:
    """Every chart is of the catalogue in the version named, and the stack goes together: its conflicts are told, no
    role that the workload needs is missing, nothing refused is installed and nothing that is there already."""
    plan, records, lead, there = case.plan, case.records, case.lead, case.needs.standing
    if records.standing != there:
        yield "the records are not of what the user runs already and refuses"
    asked = {ROLE_OF_SOFTWARE.get(name.lower(), "") for name in case.spec.components if not there.holds(name)}
    filled = {*there.held_roles, *(h.role for h in there.held)} - asked | {i.role for i in records.installed}
    known = {(c.role, c.repository, c.chart, c.version): c for c in records.charts}
    for part in plan.kubernetes_stack:
        record = known.get((part.role, part.repository, part.chart, part.version))
        faults = differences(part, facts(record, CHART)) if record else ("there is no such chart or version",)
        yield from (f"{part.chart}: {fault}" for fault in faults)
        others = [facts(other, ALTERNATIVE) for other in record.alternatives] if record else []
        if any(facts(other, ALTERNATIVE) not in others for other in part.alternatives):
            yield f"{part.chart}: an alternative is not of the catalogue"
        names = (part.name, part.chart, *(record.names if record else ()))
        companions = (name for c in part.companions for name in (c.name, c.chart))
        if any(h.is_any((*names, *companions)) for h in there.refused):
            yield f"{part.chart} is installed, which is refused"
        if part.role in filled - {""} or any(h.is_any(names) for h in there.held):
            yield f"{part.chart} is installed, and something does its work already"
    if ordered(plan.kubernetes_stack) != plan.kubernetes_stack:
        yield "the stack is not in the order in which its parts need each other"
    idle = OPTIONAL_ROLES | {part.role for part in plan.kubernetes_stack}
    idle |= {"gpu_operator"} if lead is None or not lead.gpu_count else set()
    idle |= {"distributed_training"} if lead is None or lead.node_count == 1 else set()
    wanted = {ROLE_OF_SOFTWARE.get(name.lower()) for name in case.spec.components if not there.refuses(name)}
    wanted = (wanted | {*case.spec.component_roles}) - filled - {part.role for part in plan.kubernetes_stack}
    yield from (f"the stack lacks {role}" for role in sorted({c.role for c in records.charts} - (idle - wanted)))
    installed = {*records.installed, *(InstalledComponent(name=h.said) for h in there.held)}
    yield from (f"{i.name} is not there as the plan says" for i in plan.installed if i not in installed)
    untold = {h.said for h in there.held} - {i.name for i in plan.installed}
    yield from (f"the plan does not tell that {name} is there" for name in sorted(untold))
    work = plan.workload if lead else None
    conflicts = [wish.conflict for wish in unmet_of(case.spec, records, work) if wish not in plan.unmet]
    due = (*records.conflicts, *(case.warnings(plan, *case.deployed) if case.deployed else ()))
    due = (*due, *clashes(plan.kubernetes_stack, there.kube_version))
    conflicts += [text for text in due if text not in plan.warnings]
    yield from (f"the plan does not tell: {text}" for text in conflicts)


def _deployed(case: Case) -> Iterator[str]:
    """What files are made of is what was chosen: the server and image of the task and machine, on nodes that have the
    GPUs, no larger than the machines and enough for the load; steps run the tools of a deployment alone."""
    needs, steps = case.needs, case.plan.deployment_steps
    if [step.number for step in steps] != [*range(1, len(steps) + 1)]:
        yield "the steps are not numbered in order"
    commands, files = [step.command for step in steps if step.command], case.files(case.plan)
    yield from (f"a step runs {command!r}" for command in commands if not _COMMAND.fullmatch(command))
    named = {word for command in commands for word in command.split() if word.endswith((".yaml", ".yml"))}
    if named != files:
        yield f"the steps start {sorted(named)}, not {sorted(files)}"
    if (case.plan.workload is None) != (case.lead is None):
        yield "machines and workload do not belong together"
    if case.deployed is None:
        return
    lead, offer, work = case.deployed
    due = case.workload(lead, offer) | {"concurrency": needs.in_flight_on(work.replicas_min)}
    if not work.result_of:
        quantised = (needs.method, work.precision) == ("lora", "int4")
        due["method"] = ("qlora" if quantised else needs.method) if case.trains else ""
    yield from (f"of the workload {fault}" for fault in differences(work, due))
    each, size = lead.gpus_per_node, case.size(lead)
    pods = max(each // max(work.gpus_per_node, 1), 1)
    cpus, memory_gib = (offer.vcpus or math.inf) / pods, (offer.memory_gib or math.inf) / pods
    if not (0 < work.cpu_request <= max(1.0, cpus) and 0 < work.memory_request_gib <= max(2.0, memory_gib)):
        yield f"a machine has no {work.cpu_request} CPUs and {work.memory_request_gib} GiB for each of {pods} copies"
    share = work.gpu_memory_utilization or 0.0
    if share > 1 - MARGIN or (size and each and size.per_gpu_gib > share * lead.gpu_memory_gib):
        yield f"{share:.0%} of a GPU are more than is free, or hold no copy"
    least, enough, most = case.copies_due(lead, offer, work)
    if work.replicas_max < enough:
        stated = f"{needs.requests_peak:g} requests a second" if needs.requests_peak else "what they were asked for"
        yield f"{work.replicas_max} copies do not carry {stated}, but {enough}"
    if not least <= work.replicas_min <= min(work.replicas_max, lead.replicas) or work.replicas_max > most:
        yield f"{work.replicas_min} to {work.replicas_max} copies are not a range from {least} to {most}"


PROMISES: Final = (_memory, _sums, _bill, _records, wishes, _charts, _deployed)
