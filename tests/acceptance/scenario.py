"""Conversations as data, and the rules by which what was said, understood and planned is judged."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

from google.protobuf.json_format import MessageToDict

from stack8s.orchestrator.v1.architect_service_pb2_grpc import ArchitectServiceStub
from stack8s.orchestrator.v1.plan_pb2 import DeploymentPlan
from stack8s.orchestrator.v1.spec_pb2 import WorkloadSpec
from tests.acceptance.plan_rules import places, usd
from tests.support.conversation import Conversation, Reply

FOLDER: Final = Path(__file__).parent / "scenarios"


@dataclass(frozen=True)
class Turn:
    """What the user says and what must come of it."""

    says: str
    action: tuple[str, ...]
    """Any of these."""
    spec: dict[str, Any]
    """Fields after the turn that must be so."""
    unset: tuple[str, ...]
    """Fields that must not be set after the turn."""
    mentions: tuple[str, ...]
    """Patterns that the reply must match."""
    never: tuple[str, ...]
    """Patterns that the reply must not match."""
    plan: dict[str, Any] | None
    """Expectations by name, see CHECKS; none: what the plan is does not matter here."""


@dataclass(frozen=True)
class Scenario:
    """One conversation."""

    name: str
    turns: tuple[Turn, ...]


async def talk(architect: ArchitectServiceStub, scenario: Scenario) -> list[Reply]:
    """Hold the conversation and return the replies."""
    conversation = await Conversation.begin(architect)
    return [await conversation.say(turn.says) for turn in scenario.turns]


class Told:
    """Conversations that were held, each once."""

    def __init__(self) -> None:
        self._replies: dict[str, list[Reply]] = {}

    async def replies(self, architect: ArchitectServiceStub, scenario: Scenario) -> list[Reply]:
        """Return the replies of a conversation, holding it when that was not done yet."""
        if scenario.name not in self._replies:
            self._replies[scenario.name] = await talk(architect, scenario)
        return self._replies[scenario.name]


@cache
def scenarios(*groups: str) -> tuple[Scenario, ...]:
    """Return the scenarios of some groups, of all groups when none is named."""
    found = []
    for file in sorted(FOLDER.glob("*.toml")):
        if groups and file.stem not in groups:
            continue
        for name, body in tomllib.loads(file.read_text()).items():
            found.append(Scenario(f"{file.stem}-{name}", tuple(_turn(turn) for turn in body["turn"])))
    return tuple(found)


def _turn(body: dict[str, Any]) -> Turn:
    unknown = set(body) - set(Turn.__dataclass_fields__) | set(body.get("plan", {})) - set(CHECKS)
    assert not unknown, unknown
    return Turn(
        says=body["says"],
        action=tuple(body["action"]),
        spec=body.get("spec", {}),
        unset=tuple(body.get("unset", ())),
        mentions=tuple(body.get("mentions", ())),
        never=tuple(body.get("never", ())),
        plan=body.get("plan"),
    )


def said_wrong(turn: Turn, reply: Reply) -> list[str]:
    """Return what is wrong with a reply, in sentences."""
    wrong = []
    if reply.last != "completed":
        return [f"the turn failed: {reply.events[-1].failed}"]
    if reply.completed.action not in turn.action:
        wrong.append(f"action {reply.completed.action}, not {' or '.join(turn.action)}")
    if (reply.plan is not None) != (reply.completed.action == "plan"):
        wrong.append(f"action {reply.completed.action}, yet plan: {reply.plan is not None}")
    spec = fields(reply.spec)
    wrong += [f"{f} is {spec.get(f)!r}, not {v!r}" for f, v in turn.spec.items() if not _same(spec.get(f), v)]
    wrong += [f"{f} is set to {spec[f]!r}" for f in turn.unset if f in spec]
    wrong += [f"the reply does not mention {p!r}" for p in turn.mentions if not re.search(p, reply.text)]
    wrong += [f"the reply says {p!r}" for p in turn.never if re.search(p, reply.text)]
    if turn.plan is not None:
        if reply.plan is None:
            wrong.append("there is no plan")
        else:
            wrong += [said for name, want in turn.plan.items() if (said := CHECKS[name](reply.plan, want))]
    return wrong


def fields(spec: WorkloadSpec) -> dict[str, Any]:
    """Return the fields that are set as plain values."""
    found: dict[str, Any] = MessageToDict(spec, preserving_proto_field_name=True)
    found.pop("origins", None)
    # int64 comes as text in the JSON form.
    return {name: getattr(spec, name) if isinstance(value, str) else value for name, value in found.items()}


def _same(value: Any, want: Any) -> bool:
    if isinstance(want, list):
        return value is not None and set(want) <= set(value)
    return bool(value == want)


# Each check takes a plan and what is expected and returns what is wrong, empty when nothing is. Machines are judged by
# the options that claim to meet the wish; what an option says that it breaks is judged by the rules for every plan.


def _options(plan: DeploymentPlan, least: int) -> str:
    n, providers = len(plan.gpu_recommendations), {o.provider for o in plan.gpu_recommendations}
    return "" if n >= least and len(providers) >= 2 else f"{n} options at {sorted(providers)}"


def _holds(plan: DeploymentPlan, field: str, bad: list[str]) -> str:
    """Return the options that are bad although they do not own up to it, or although a better one leads."""
    return f"{field}: {', '.join(bad)}" if bad else ""


def _gpu(plan: DeploymentPlan, names: list[str]) -> str:
    wanted = tuple(name.replace(" ", "") for name in names)
    options = [o for o in plan.gpu_recommendations if "gpu_models" not in o.breaks]
    bad = [o.label for o in options if not o.gpu_type.replace(" ", "").startswith(wanted)]
    return _holds(plan, "gpu", bad) or ("" if options else "no option has the GPU")


def _at_least(field: str, breaks: str) -> Any:
    def check(plan: DeploymentPlan, least: float) -> str:
        bad = [o.label for o in plan.gpu_recommendations if getattr(o, field) < least * 0.93 and breaks not in o.breaks]
        return _holds(plan, field, bad)

    return check


def _month_max(plan: DeploymentPlan, most: float) -> str:
    met = "budget_usd_month" not in {wish.field for wish in plan.unmet}
    total = usd(plan.cost_estimate.monthly_total)
    return f"{total} a month, and no word of it" if met and total > most else ""


def _providers(plan: DeploymentPlan, names: list[str]) -> str:
    return _holds(plan, "provider", [o.label for o in plan.gpu_recommendations if o.provider not in names])


def _price_models(plan: DeploymentPlan, names: list[str]) -> str:
    """Machines and their equivalents are paid for in one of these ways."""
    machines = [(o.label, m) for o in plan.gpu_recommendations for m in (o, *o.equivalents)]
    return _holds(plan, "price model", [label for label, m in machines if m.price_model not in names])


def _not_providers(plan: DeploymentPlan, names: list[str]) -> str:
    return _holds(plan, "provider", [o.label for o in plan.gpu_recommendations if o.provider in names])


def _countries(plan: DeploymentPlan, place: str) -> str:
    allowed = places(place)
    bad = [f"{o.label} ({o.country or 'unknown'})" for o in plan.gpu_recommendations if o.country not in allowed]
    return _holds(plan, "country", bad) or ("" if plan.gpu_recommendations else "no machine at all")


def _model(plan: DeploymentPlan, pattern: str) -> str:
    chosen = [m.model_id for m in plan.model_recommendations if m.chosen]
    return "" if any(re.search(pattern, m) for m in chosen) else f"the model is {chosen}, not {pattern}"


def _currency(plan: DeploymentPlan, code: str) -> str:
    rate = plan.cost_estimate.exchange_rate
    shown = rate.currency == code and plan.cost_estimate.HasField("monthly_total_in_currency") and rate.source
    return "" if shown else f"no dated rate of {code}: {rate}"


def _charts(plan: DeploymentPlan, names: list[str]) -> str:
    charts = " ".join(f"{c.name} {c.chart}".lower() for c in plan.kubernetes_stack)
    missing = [name for name in names if name not in charts]
    return f"{missing} not among {charts}" if missing else ""


def _without(plan: DeploymentPlan, names: list[str]) -> str:
    """None of these is installed."""
    charts = {text for c in plan.kubernetes_stack for text in (c.name, c.chart, c.role)}
    return f"{sorted(charts & set(names))} is installed" if charts & set(names) else ""


def _installed(plan: DeploymentPlan, wanted: dict[str, str]) -> str:
    """So much is there already, and does this; an empty text: it is left as it is."""
    found = {one.name: one.role for one in plan.installed}
    return "" if found == wanted else f"there is {found}"


def _unmet(plan: DeploymentPlan, names: list[str]) -> str:
    said = {wish.field for wish in plan.unmet}
    return "" if said & set(names) else f"unmet is {said}"


def _also(plan: DeploymentPlan, kind: str) -> str:
    """Another workload is planned with it, one serves what the other trains, and both are paid for."""
    if [part.workload.kind for part in plan.parts] != [kind]:
        return f"parts: {[p.workload.kind for p in plan.parts]}"
    plans = {p.workload.kind: p for p in (plan, *plan.parts)}
    run, serving = plans["training"], plans["serving"]
    if serving.workload.result_of != run.workload.name or serving.workload.model_id != run.workload.model_id:
        return f"{serving.workload.result_of} is not {run.workload.name}"
    costs = (usd(run.cost_estimate.monthly_total), usd(serving.cost_estimate.monthly_total))
    both = (usd(plan.combined_cost.once), usd(plan.combined_cost.monthly))
    return "" if both == costs else f"together {both}, not {costs}"


def _services(plan: DeploymentPlan, patterns: list[str]) -> str:
    """Each of several services has a plan of its own, and all are paid for."""
    plans = (plan, *plan.parts)
    models = [p.workload.model_id for p in plans]
    if len(plans) != len(patterns) or not all(any(re.search(x, m) for m in models) for x in patterns):
        return f"the services are of {models}"
    total = sum((usd(p.cost_estimate.monthly_total) for p in plans), Decimal(0))
    return "" if usd(plan.combined_cost.monthly) == total else f"together {usd(plan.combined_cost.monthly)}"


def _lead(name: str, low: bool, field: str) -> Any:
    """A figure of the first option has a bound."""

    def check(plan: DeploymentPlan, bound: float) -> str:
        value = getattr(plan.gpu_recommendations[0], field)
        return "" if (value >= bound if low else value <= bound) else f"{name} is {value}, not {bound}"

    return check


def _part_time(plan: DeploymentPlan, _: bool) -> str:
    ways = [way.description for wish in plan.unmet for way in wish.relaxations]
    return "" if any("hours a day" in way for way in ways) else f"ways out: {ways}"


def _parameters(low: bool) -> Any:
    def check(plan: DeploymentPlan, bound: float) -> str:
        (chosen,) = [m for m in plan.model_recommendations if m.chosen]
        size = chosen.parameters / 1e9
        return "" if (size >= bound if low else size <= bound) else f"{chosen.model_id} has {size:.3g} B parameters"

    return check


def _dataset(plan: DeploymentPlan, least: float) -> str:
    """The data are paid for in object storage and on the volume that the job reads."""
    lines = [line for line in plan.cost_estimate.lines if line.description.endswith("the dataset")]
    sizes = [float(line.quantity.value) for line in lines]
    return "" if len(sizes) == 2 and min(sizes) >= least else f"datasets of {sizes} GB"


def _at_once(plan: DeploymentPlan, least: int) -> str:
    """The server of each copy takes so many requests at once."""
    each = -(-plan.workload.concurrency // plan.workload.replicas_min)
    return "" if each >= least else f"each copy takes {each} requests"


def _each_reads(plan: DeploymentPlan, least: float) -> str:
    """Every request in flight is answered so fast."""
    lead = plan.gpu_recommendations[0]
    each = lead.tokens_per_second / (plan.workload.concurrency or 1)
    return "" if each >= least else f"{each:.2g} tokens a second for each of {plan.workload.concurrency}"


CHECKS: Final[dict[str, Any]] = {
    "kind": lambda plan, kind: "" if plan.workload.kind == kind else f"kind is {plan.workload.kind}",
    "gpus": lambda plan, _: "" if all(o.gpu_count for o in plan.gpu_recommendations) else "an option without GPU",
    "no_gpu": lambda plan, _: _holds(plan, "gpu", [o.label for o in plan.gpu_recommendations if o.gpu_count]),
    "options": _options,
    "gpu": _gpu,
    "not_gpu": lambda plan, names: _holds(
        plan, "gpu", [o.label for o in plan.gpu_recommendations if o.gpu_type.startswith(tuple(names))]
    ),
    "vendor": lambda plan, maker: "" if plan.workload.gpu_vendor == maker else f"vendor {plan.workload.gpu_vendor}",
    "gpu_count_min": _at_least("gpu_count", "gpu_count_min"),
    "vram_each_gb": _at_least("gpu_memory_gib", "vram_gb_min_per_gpu"),
    "vram_total_gb": _at_least("gpu_memory_total_gib", "vram_gb_min_total"),
    "nodes": lambda plan, n: "" if plan.workload.node_count >= n else f"{plan.workload.node_count} nodes",
    "replicas": lambda plan, n: "" if plan.workload.replicas_min >= n else f"{plan.workload.replicas_min} copies",
    "month_max": _month_max,
    "price_models": _price_models,
    "providers": _providers,
    "not_providers": _not_providers,
    "countries": _countries,
    "model": _model,
    "currency": _currency,
    "charts": _charts,
    "without": _without,
    "installed": _installed,
    "unmet": _unmet,
    "relaxed": lambda plan, _: "" if any(wish.relaxations for wish in plan.unmet) else "no way out is named",
    "run": lambda plan, _: "" if plan.gpu_recommendations[0].run_hours > 0.02 else "no length of a run",
    "run_unknown": lambda plan, _: (
        "a run has a length" if any(o.HasField("run_hours") for o in plan.gpu_recommendations) else ""
    ),
    "grows_at_least": lambda plan, times: (
        ""
        if plan.workload.replicas_max >= times * plan.workload.replicas_min
        else f"{plan.workload.replicas_min} to {plan.workload.replicas_max} copies"
    ),
    "cost_range": lambda plan, _: (
        "" if usd(plan.cost_estimate.monthly_total) < usd(plan.cost_estimate.monthly_total_max) else "no range of costs"
    ),
    "leads_at": lambda plan, name: (
        "" if plan.gpu_recommendations[0].provider == name else f"leads at {plan.gpu_recommendations[0].provider}"
    ),
    "changed": lambda plan, what: (
        "" if any(what in c.what for c in plan.changes) else f"changes are {[c.what for c in plan.changes]}"
    ),
    "run_cost": lambda plan, _: "" if usd(plan.cost_estimate.run_total) > 0 else "no cost of a run",
    "run_max_hours": _lead("a run", False, "run_hours"),
    "machines_min": _lead("machines", True, "node_count"),
    "machines_max": _lead("machines", False, "node_count"),
    "copies_min": _lead("copies", True, "replicas"),
    "gpu_count_max": lambda plan, most: _holds(
        plan, "gpu_count", [o.label for o in plan.gpu_recommendations if o.gpu_count > most]
    ),
    "lead_gpus": _lead("GPUs", False, "gpu_count"),
    "tokens_min": _lead("output", True, "tokens_per_second"),
    "precision": lambda plan, name: "" if plan.workload.precision == name else f"precision {plan.workload.precision}",
    "params_min_b": _parameters(True),
    "params_max_b": _parameters(False),
    "part_time": _part_time,
    "each_reads": _each_reads,
    "dataset_min_gb": _dataset,
    "engine": lambda plan, name: "" if plan.workload.engine == name else f"engine {plan.workload.engine}",
    "met": lambda plan, _: f"unmet is {[wish.field for wish in plan.unmet]}" if plan.unmet else "",
    "at_once_min": _at_once,
    "method": lambda plan, name: "" if plan.workload.method == name else f"method {plan.workload.method}",
    "known_month": lambda plan, _: "" if usd(plan.cost_estimate.monthly_total) > 0 else "no cost of a month",
    "also": _also,
    "services": _services,
    "alone": lambda plan, _: f"parts: {[p.workload.kind for p in plan.parts]}" if plan.parts else "",
    "version": lambda plan, n: "" if plan.version == n else f"version {plan.version}",
}
