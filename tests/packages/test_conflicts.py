"""Charts that do not go together are told, and not chosen together."""

from __future__ import annotations

import itertools

import pytest

from services.packages.domain.index import Index
from tests.packages.conftest import chart, index_of
from tests.packages.stacks import ROLES, fill, name


def test_software_that_could_fill_a_role_too_is_no_conflict_with_what_does(starter_index: Index) -> None:
    assert fill(starter_index, "certificates", installed=("vault",)).conflicts == ()
    assert fill(starter_index, "monitoring", installed=("datadog",)).conflicts == ()
    stack = fill(
        starter_index,
        "monitoring",
        wanted={"monitoring": "victoria-metrics-k8s-stack"},
        installed=("kube-prometheus-stack",),
    )
    assert [c.first for c in stack.conflicts] == ["kube-prometheus-stack"]


def test_a_second_ingress_controller_beside_an_installed_one_is_a_conflict(starter_index: Index) -> None:
    stack = fill(starter_index, "ingress", wanted={"ingress": "traefik"}, installed=("ingress-nginx",))
    assert [(c.first, c.second) for c in stack.conflicts] == [("ingress-nginx", "traefik")]
    assert "compete" in stack.conflicts[0].description


def test_a_gateway_api_controller_runs_beside_an_ingress_controller(starter_index: Index) -> None:
    for installed in ("ingress-nginx", "traefik"):
        stack = fill(starter_index, "api_gateway", domain="llm", task="inference", installed=(installed,))
        assert name(stack.components[0]) in ("gateway-helm", installed)
        assert stack.conflicts == ()
    both = fill(starter_index, "ingress", "api_gateway", wanted={"ingress": "traefik", "api_gateway": "envoy-gateway"})
    assert both.conflicts == ()


def test_two_of_one_family_are_a_conflict_when_both_are_wanted(starter_index: Index) -> None:
    stack = fill(starter_index, "ingress", "api_gateway", wanted={"ingress": "traefik", "api_gateway": "kong"})
    assert {(c.first, c.second) for c in stack.conflicts} == {("traefik", "ingress")}


def test_gateway_and_ingress_share_a_proxy_when_nothing_is_wanted(starter_index: Index) -> None:
    stack = fill(starter_index, "ingress", "api_gateway")
    assert len({name(c) for c in stack.components}) == 1
    assert "same release" in stack.components[0].why


def test_charts_with_the_same_resources_conflict(starter_index: Index) -> None:
    wanted = {"monitoring": "kube-prometheus-stack", "logging": "kube-prometheus"}
    index = index_of(
        chart("prometheus-community", "kube-prometheus-stack"),
        chart("elsewhere", "my-prometheus", crds=("prometheuses.monitoring.coreos.com",)),
    )
    wanted["logging"] = "my-prometheus"
    stack = fill(index, "monitoring", "logging", wanted=wanted)
    assert "prometheuses.monitoring.coreos.com" in stack.conflicts[0].description
    assert starter_index.packages


@pytest.mark.parametrize("pair", list(itertools.combinations(sorted(ROLES), 2))[::9])
def test_any_two_roles_go_together(starter_index: Index, pair: tuple[str, str]) -> None:
    assert fill(starter_index, *pair, gpu_vendor="nvidia").conflicts == ()
