"""The Kubernetes versions that the charts of a stack take."""

from __future__ import annotations

from collections.abc import Iterable

from libs.kube import common, takes
from services.orchestrator.domain.plan import CompanionChart, StackComponent
from services.orchestrator.domain.planning.components import in_order

Chart = StackComponent | CompanionChart


def clashes(stack: tuple[StackComponent, ...], cluster: str) -> tuple[str, ...]:
    """Return which charts do not go together with the cluster's Kubernetes, or with one another, in sentences.

    cluster: the version that it runs; empty where it is not known, and any that all charts take would do.
    """
    charts = in_order(stack)
    if cluster:
        refusing = (c for c in charts if takes(c.kube_version, cluster) is False)
        return tuple(
            f"{c.chart} {c.version} takes Kubernetes {c.kube_version}; your cluster runs {cluster}. Upgrade it, or "
            "leave the chart out."
            for c in refusing
        )
    if common(_ranges(charts)) is None:
        asked = ", ".join(f"{c.chart} {c.version} takes {c.kube_version}" for c in charts if c.kube_version)
        return (f"No Kubernetes version is taken by all charts: {asked}.",)
    return ()


def assumed(stack: tuple[StackComponent, ...], cluster: str) -> tuple[str, ...]:
    """Return what is assumed of the version of a cluster that is not known, in sentences."""
    charts = in_order(stack)
    span = None if cluster else common(_ranges(charts))
    if span is None or span.first is span.last is None:
        return ()
    asking = _asking(charts, span.first, -1) or _asking(charts, span.last, 1)
    if span.first is None:
        return (f"The cluster runs Kubernetes 1.{span.last} or older, as {asking} asks.",)
    end = f" and 1.{span.last} or older" if span.last is not None else ""
    return (f"The cluster runs Kubernetes 1.{span.first} or newer{end}, as {asking} asks.",)


def _ranges(charts: Iterable[Chart]) -> frozenset[str]:
    return frozenset(c.kube_version for c in charts)


def _asking(charts: Iterable[Chart], minor: int | None, beyond: int) -> str:
    """Return the first chart that does not take the release beside an end of the span; empty where none."""
    if minor is None:
        return ""
    outside = (c for c in charts if takes(c.kube_version, f"1.{minor + beyond}") is False)
    return next((f"{c.chart} {c.version}" for c in outside), "")
