"""Spec -> candidates: the catalogues asked in three rounds of parallel calls, each resting on the one before."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Final

from services.orchestrator.calls import Calls
from services.orchestrator.catalogs.protocol import Catalogs, Components
from services.orchestrator.domain.candidates import Candidates, GpuType, ModelCandidate, Offer, OwnCluster
from services.orchestrator.domain.plan import WorkloadKind
from services.orchestrator.domain.planning import asks, choose, components, needs, own
from services.orchestrator.domain.planning.algorithms import hub_names
from services.orchestrator.domain.planning.homes import Homes
from services.orchestrator.domain.planning.places import NO_KUBERNETES
from services.orchestrator.domain.prices import UnitPrices
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.searching import find_models, smaller_models
from services.orchestrator.sizing import Sizing


async def gather(
    spec: WorkloadSpec,
    catalogs: Catalogs,
    *,
    calls: Calls,
    words: str = "",
    hosted: frozenset[tuple[str, str]] = frozenset(),
) -> tuple[Candidates, choose.Choices]:
    """Return the candidates for a spec and what is chosen among them. hosted: provider and region where the components
    of another part of the plan run already.

    Raises UnavailableError when no catalogue answers.
    """
    wanted = needs.needs_of(spec, words=words)
    here, anywhere = asks.offer_asks(wanted)
    roles = components.roles_for(spec, wanted)
    vendor = _vendor(spec, wanted)
    pending_charts = catalogs.recommend_components(roles, spec, gpu_vendor=vendor, standing=wanted.standing)
    no_types: tuple[GpuType, ...] = ()
    async with asyncio.TaskGroup() as group:
        found = group.create_task(find_models(spec, wanted, catalogs, calls, words=words))
        types = group.create_task(
            calls.ask("compute.ListGpuTypes", "accelerator types", catalogs.list_gpu_types(), no_types)
        )
        prices = group.create_task(
            calls.ask("compute.ListUnitPrices", "storage and traffic", catalogs.list_unit_prices(), UnitPrices())
        )
        allowed = group.create_task(calls.offers(catalogs, here, "machines where the wishes allow them"))
        others = group.create_task(calls.offers(catalogs, anywhere, "machines anywhere"))
        names = ", ".join(role.role for role in roles)
        charts = group.create_task(
            calls.ask("packages.RecommendComponents", names, pending_charts, Components(charts=()))
        )
        cluster = group.create_task(_cluster(catalogs, calls, wanted=wanted.prefers_local))
    calls.raise_if_all_failed()
    models = found.result().models
    empty = Candidates(
        models=models,
        gpu_types={gpu.name: gpu for gpu in types.result()},
        offers=(*allowed.result(), *own.stated(wanted, {gpu.name: gpu for gpu in types.result()}, cluster.result())),
        offers_elsewhere=others.result(),
        hosted=hosted,
        unit_prices=prices.result(),
        standing=wanted.standing,
        cluster=cluster.result(),
        notes=found.result().notes,
    )
    empty = _with_components(empty, charts.result(), vendor, roles, whole_stack=True)
    chooser = choose.Chooser(wanted, wished=bool(hub_names(spec)))
    sizing = Sizing(wanted, catalogs, calls, chooser)
    candidates, rooms = await asyncio.gather(sizing.add(empty, models), with_hosts(empty, wanted, catalogs, calls))
    candidates = replace(candidates, hosts=rooms.hosts, hosts_for=rooms.hosts_for, missing=calls.missing())
    first = _before_lengths(chooser, wanted, wished=bool(hub_names(spec)))
    choices, looked = first.feasible(_untimed(candidates, wanted)), False
    if choices is None:
        smaller, looked = await smaller_models(candidates, catalogs, calls, wanted), True
        candidates = await sizing.add(replace(candidates, models=(*models, *smaller)), smaller)
        choices = first.choose(_untimed(candidates, wanted), hopeless=not smaller)
    candidates, choices = await sizing.time(candidates, choices)
    if not choices.feasible and not looked and first is not chooser:
        # Only the lengths of the runs told that no budget is kept.
        smaller = await smaller_models(candidates, catalogs, calls, wanted)
        candidates = await sizing.add(replace(candidates, models=(*models, *smaller)), smaller)
        candidates, choices = await sizing.time(candidates, chooser.choose(_untimed(candidates, wanted)))
    vendor = _maker_of_first(candidates, choices)
    if vendor not in candidates.charts_of:
        # What components ask for may differ with the maker of the GPUs, so the choice is made once more.
        known = await _ask_charts(spec, candidates, vendor, roles, catalogs, calls, whole_stack=True)
        candidates = await with_hosts(known, wanted, catalogs, calls)
        candidates, choices = await sizing.time(candidates, chooser.choose(_untimed(candidates, wanted)))
    candidates = await with_charts(spec, candidates, choices, roles, catalogs, calls)
    candidates = await with_hosts(candidates, wanted, catalogs, calls)
    return replace(candidates, missing=calls.missing()), choices


def _before_lengths(chooser: choose.Chooser, wanted: needs.Needs, *, wished: bool) -> choose.Chooser:
    """Return who says what speeds to ask for. Before its length is known a job is charged for a month, so a budget for
    the month or the whole would rule out what is dear but soon done."""
    if wanted.kind is WorkloadKind.SERVING or wanted.budget_month is wanted.budget_total is None:
        return chooser
    return choose.Chooser(replace(wanted, budget_month=None, budget_total=None), wished=wished)


def _untimed(candidates: Candidates, wanted: needs.Needs) -> Candidates:
    """Return candidates to say what speeds to ask for: of a job no speeds, lest those known decide against the rest."""
    return candidates if wanted.kind is WorkloadKind.SERVING else replace(candidates, performance=())


async def put_first(
    model: ModelCandidate,
    offer: Offer | None,
    candidates: Candidates,
    *,
    spec: WorkloadSpec,
    catalogs: Catalogs,
    calls: Calls,
    words: str,
) -> tuple[Candidates, choose.Choices]:
    """Return candidates in which a model comes first, sized at every precision and timed, and what is chosen among
    them; offer: a machine to add."""
    wanted = needs.needs_of(spec, words=words)
    chooser = choose.Chooser(wanted, wished=bool(hub_names(spec)))
    sizing = Sizing(wanted, catalogs, calls, chooser)
    others = tuple(e for e in candidates.memory if e.model_id != model.model_id)
    rest = tuple(m for m in candidates.models if m.model_id != model.model_id)
    offers = (*candidates.offers, offer) if offer else candidates.offers
    placed = replace(candidates, models=(model, *rest), offers=offers, memory=others, performance=())
    placed = await sizing.add(placed, (model,))
    first = _before_lengths(chooser, wanted, wished=bool(hub_names(spec)))
    return await sizing.time(placed, first.choose(_untimed(placed, wanted)))


_MAKERS: Final = {"MI": "amd", "GAUDI": "intel", "TPU": "google", "TRAINIUM": "aws", "INFERENTIA": "aws"}
"""Maker by the beginning of the names of its accelerators, where it is not NVIDIA."""


def _vendor(spec: WorkloadSpec, wanted: needs.Needs) -> str:
    """Return the maker whose GPUs the components must support."""
    if not wanted.gpu:
        return ""
    makers = {next((v for k, v in _MAKERS.items() if n.upper().startswith(k)), "nvidia") for n in spec.gpu_models}
    return makers.pop() if len(makers) == 1 else "nvidia"


async def _cluster(catalogs: Catalogs, calls: Calls, *, wanted: bool) -> OwnCluster | None:
    if not wanted:
        return None
    unknown = OwnCluster(note="it does not answer")
    return await calls.ask("compute.GetCapacity", "your own cluster", catalogs.describe_cluster(), unknown)


def _maker_of_first(candidates: Candidates, choices: choose.Choices) -> str:
    """Return the maker of the GPUs of the first option; without any the one that charts were asked for first."""
    lead = choices.picks[0].option.offer if choices.picks else None
    gpu = candidates.gpu_types.get(lead.gpu_type) if lead else None
    return gpu.vendor if gpu else candidates.charts_for[0]


async def with_charts(
    spec: WorkloadSpec,
    candidates: Candidates,
    choices: choose.Choices,
    roles: tuple[components.RoleNeed, ...],
    catalogs: Catalogs,
    calls: Calls,
) -> Candidates:
    """Return candidates with the charts for the first option: operator and server are of the maker of its GPUs, and
    what acts on nodes is left out where its machines are none. Both are known only when it is chosen."""
    lead = choices.picks[0].option.offer if choices.picks else None
    if lead is None:
        return candidates
    vendor = _maker_of_first(candidates, choices)
    used = components.used_roles(roles, nodes=lead.provider not in NO_KUBERNETES)
    if _asked_for(vendor, used) == candidates.charts_for:
        return candidates
    return await _ask_charts(spec, candidates, vendor, used, catalogs, calls, whole_stack=False)


def _asked_for(vendor: str, roles: tuple[components.RoleNeed, ...]) -> tuple[str, ...]:
    return (vendor, *(role.role for role in roles))


async def _ask_charts(
    spec: WorkloadSpec,
    candidates: Candidates,
    vendor: str,
    roles: tuple[components.RoleNeed, ...],
    catalogs: Catalogs,
    calls: Calls,
    *,
    whole_stack: bool,
) -> Candidates:
    """Return candidates with the charts for some roles; those there are where the catalogue does not answer.
    whole_stack: the roles are all."""
    answer = Components(charts=())
    if roles:
        for_gpus = f" for {vendor}" if vendor else ""
        named = f"{', '.join(role.role for role in roles)}{for_gpus}"
        asked = catalogs.recommend_components(roles, spec, gpu_vendor=vendor, standing=candidates.standing)
        known = Components(
            charts=candidates.charts,
            conflicts=candidates.conflicts,
            installed=candidates.installed,
            unfilled=candidates.unfilled,
        )
        answer = await calls.ask("packages.RecommendComponents", named, asked, known)
    return _with_components(candidates, answer, vendor, roles, whole_stack=whole_stack)


def _with_components(
    candidates: Candidates,
    answer: Components,
    vendor: str,
    roles: tuple[components.RoleNeed, ...],
    *,
    whole_stack: bool,
) -> Candidates:
    of = {**candidates.charts_of, vendor: answer.charts} if whole_stack else candidates.charts_of
    return replace(
        candidates,
        charts=answer.charts,
        charts_for=_asked_for(vendor, roles),
        charts_of=of,
        conflicts=answer.conflicts,
        installed=answer.installed,
        unfilled=answer.unfilled,
    )


async def with_hosts(candidates: Candidates, wanted: needs.Needs, catalogs: Catalogs, calls: Calls) -> Candidates:
    """Return candidates with machines for all that components may ask for, of any option and of the first one; asked
    only for what was not asked before."""
    stacks = (candidates, replace(candidates, charts_of={}))
    sizes = {size for stack in stacks for size in Homes(wanted, stack).sizes()} - candidates.hosts_for
    if wanted.own_alone or not sizes:
        return candidates
    found = await calls.offers(catalogs, asks.host_asks(sizes), "machines for the components")
    hosts = {host.offer_id: host for host in (*candidates.hosts, *found)}
    return replace(candidates, hosts=tuple(hosts.values()), hosts_for=candidates.hosts_for | sizes)
