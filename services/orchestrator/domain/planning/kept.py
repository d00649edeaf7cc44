"""What a plan leaves in place, and what it cannot do without what is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from services.orchestrator.domain.candidates import Candidates
from services.orchestrator.domain.plan import InstalledComponent, Relaxation, UnmetWish, Workload
from services.orchestrator.domain.planning.components import HELD, RoleNeed, lacking_to_scale
from services.orchestrator.domain.planning.named import unmet_software
from services.orchestrator.domain.planning.servers import FIELD, SERVER, engines_of, unmet_servers
from services.orchestrator.domain.planning.standing import Standing
from services.orchestrator.domain.planning.words import join
from services.orchestrator.domain.spec import WorkloadSpec

_ROLES: Final = {
    "vector_db": "vector search",
    "ci_cd": "CI/CD",
    "llm_gateway": "the gateway to the models",
    "api_gateway": "the gateway",
    "gpu_operator": "the GPUs of the nodes",
    "inference_server": "serving",
}
"""Roles as the work that is done, where the plain words of the role do not say it."""
_RELAXATIONS: Final = 2


def doing(role: str) -> str:
    """Return the work of a role in words."""
    return _ROLES.get(role, role.replace("_", " "))


def installed_of(
    candidates: Candidates, roles: Iterable[RoleNeed], *, idle: frozenset[str]
) -> tuple[InstalledComponent, ...]:
    """Return what the user runs already: what works in the plan first, then what stays as it is. What no role needs
    works where a component reaches it. idle: roles that have nothing to do."""
    reached = {link.role for chart in candidates.charts for link in chart.links}
    unused = idle | {r.role for r in roles if r.reason == HELD and r.role not in reached}
    used = tuple(i for i in candidates.installed if i.role not in unused)
    names = {i.name for i in used}
    left = dict.fromkeys(h.said for h in candidates.standing.held if h.said not in names)
    return (*used, *(InstalledComponent(name=name) for name in left))


def said_of(installed: Iterable[InstalledComponent]) -> Iterator[str]:
    """Yield a sentence for each role that something fills which is there, and one for what stays as it is."""
    by_role: dict[str, list[str]] = {}
    known: set[str] = set()
    for one in installed:
        by_role.setdefault(one.role, []).append(one.name)
        known |= {one.role} if one.chart else set()
    for role, names in by_role.items():
        if role == SERVER:
            yield f"You already run {join(names)}: the manifests bring a server of their own, so it stays as it is."
        elif role and names == [role.replace("_", " ")]:
            yield f"You already have something for {doing(role)}: this plan leaves the work to it and installs none."
        elif role and role not in known:
            yield (
                f"You already run {join(names)}, which the catalogue does not know as something for {doing(role)}: "
                "the work is left to it, and nothing is connected to it."
            )
        elif role:
            yield f"You already run {join(names)}: used for {doing(role)}, not installed again."
    if left := by_role.get(""):
        yield f"You already run {join(left)}: nothing of this plan takes {'its' if len(left) == 1 else 'their'} place."


def unmet_of(spec: WorkloadSpec, candidates: Candidates, workload: Workload | None) -> tuple[UnmetWish, ...]:
    """Return the software that was asked for and is missing, the servers that do not serve among it, and the refusals
    that leave a role empty or that the plan itself cannot keep."""
    found = [*unmet_servers(spec, candidates.standing, workload), *unmet_software(spec, candidates)]
    found += [
        UnmetWish(
            field=FIELD,
            conflict=f"You do not want {join(u.refused, 'or')}, and the catalogue has nothing else for "
            f"{doing(u.role)}: this plan goes without.",
            relaxations=tuple(
                Relaxation(fields=(FIELD,), description=f"Take {name} after all.") for name in u.refused[:_RELAXATIONS]
            ),
        )
        for u in candidates.unfilled
    ]
    refused = sorted(refused_engines(candidates.standing) & engines_of(workload)) if workload else ()
    found += [
        UnmetWish(
            field=FIELD,
            conflict=f"You do not want {engine}, and the manifests here serve this kind of model with nothing else.",
            relaxations=(Relaxation(fields=(FIELD,), description=f"Take {engine} after all."),),
        )
        for engine in refused
    ]
    return tuple(found)


def warnings_of(candidates: Candidates, *, grows: bool) -> tuple[str, ...]:
    """Return what comes of what is missing. grows: more copies of the server on GPUs could be added under load."""
    lacking = lacking_to_scale(candidates)
    if not grows or not lacking or not (candidates.charts or candidates.installed):
        return ()
    return (f"Without {join(lacking)} no copies are added by the requests that wait: their number stays.",)


def refused_engines(standing: Standing) -> frozenset[str]:
    """Return the servers of manifests that are refused."""
    return frozenset(name for name in ("vllm", "tei") if standing.refuses(name))
