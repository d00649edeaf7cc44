"""Stacks asked for in tests and what stands in them."""

from __future__ import annotations

from services.packages.domain.index import Index
from services.packages.domain.recommend import recommend
from services.packages.domain.stack import Component, Context, RoleRequest, Stack
from services.packages.roles import load_roles

ROLES = load_roles()


def fill(index: Index, *roles: str, wanted: dict[str, str] | None = None, **context: object) -> Stack:
    """Return the stack for roles, software wanted by role, in a context."""
    requests = [RoleRequest(r, (wanted or {}).get(r, "")) for r in roles]
    return recommend(index, ROLES, requests, Context(**context))  # type: ignore[arg-type]


def only(stack: Stack) -> Component:
    """Return the one component of a stack."""
    (component,) = stack.components
    return component


def name(component: Component) -> str:
    """Return the name of the chart chosen, empty for none."""
    return component.package.facts.name if component.package else ""


def values(component: Component) -> dict[str, object]:
    """Return the values of a component by path."""
    return {v.path: v.value for v in component.values}
