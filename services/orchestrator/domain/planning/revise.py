"""What differs between two versions of a plan, and by how much."""

from __future__ import annotations

from services.orchestrator.domain.plan import Change, DeploymentPlan, GpuRecommendation
from services.orchestrator.domain.planning.words import hardware, join, provider, usd


def changes(before: DeploymentPlan, after: DeploymentPlan) -> tuple[Change, ...]:
    """Return what changed from one plan to the next, what costs first; empty when nothing did."""
    rows: list[tuple[str, str, str]] = []
    old, new = before.cost_estimate.monthly_total, after.cost_estimate.monthly_total
    if {_owns(before), _owns(after)} == {True, False}:
        rows.append(("monthly cost", _cost(before), _cost(after)))
    elif old != new:
        share = f", {abs(new - old) / old:.0%} {'more' if new > old else 'less'}" if old else ""
        rows.append(
            ("monthly cost", usd(old), f"{usd(new)} ({usd(abs(new - old))} {'more' if new > old else 'less'}{share})")
        )
    rows += [
        ("machines", _machines(before), _machines(after)),
        ("region", _region(before), _region(after)),
        ("model", _model(before), _model(after)),
        (
            "price model",
            _first(before, "price_model").replace("_", "-"),
            _first(after, "price_model").replace("_", "-"),
        ),
        ("components", _components(before), _components(after)),
        ("what you run already", _installed(before), _installed(after)),
        ("wishes not met", _unmet(before), _unmet(after)),
    ]
    return tuple(Change(what=what, before=was, after=now) for what, was, now in rows if was != now)


def _lead(plan: DeploymentPlan) -> GpuRecommendation | None:
    return plan.gpu_recommendations[0] if plan.gpu_recommendations else None


def _owns(plan: DeploymentPlan) -> bool:
    """Tell whether the machines are the user's own at a cost that was not stated."""
    lines = plan.cost_estimate.lines
    return bool(lines) and lines[0].monthly is None


def _cost(plan: DeploymentPlan) -> str:
    total = usd(plan.cost_estimate.monthly_total)
    return f"{total} and what your own machines cost, which is not known" if _owns(plan) else total


def _region(plan: DeploymentPlan) -> str:
    lead = _lead(plan)
    at_home = "your own site" if lead and lead.provider == "local" else "any"
    return (lead.region or at_home) if lead else "none"


def _first(plan: DeploymentPlan, field: str) -> str:
    lead = _lead(plan)
    return str(getattr(lead, field)) if lead else "none"


def _machines(plan: DeploymentPlan) -> str:
    lead = _lead(plan)
    if lead is None:
        return "none"
    return (
        f"{hardware(lead.gpu_type, lead.gpu_count, lead.node_count, lead.instance_type)} at {provider(lead.provider)}"
    )


def _model(plan: DeploymentPlan) -> str:
    lead = _lead(plan)
    return f"{lead.model_id} at {lead.precision}" if lead and lead.model_id else "none"


def _components(plan: DeploymentPlan) -> str:
    return join(sorted(f"{c.name} {c.version}" for c in plan.kubernetes_stack)) or "none"


def _installed(plan: DeploymentPlan) -> str:
    return join(sorted({i.name for i in plan.installed})) or "none"


def _unmet(plan: DeploymentPlan) -> str:
    return join([u.field for u in plan.unmet]) or "none"
