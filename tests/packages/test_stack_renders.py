"""A recommended stack renders: each component's values on a small chart that takes them, made here."""

import io
import re
import tarfile
from itertools import pairwise
from typing import Any

import pytest
import yaml

from services.packages.domain.index import Index
from services.packages.domain.package import Package
from services.packages.domain.recommend import recommend
from services.packages.domain.stack import Context, RoleRequest, Value
from services.packages.roles import load_roles

helm_python = pytest.importorskip("helm_python", reason="the extra [render] is not installed")

TEMPLATE = """
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
data:
  version: {{ .Chart.Version | quote }}
  values: {{ toJson .Values | quote }}
"""


def nested(values: tuple[Value, ...]) -> dict[str, Any]:
    """Return flattened paths as the values of a chart. Raises when a path runs through a value or past a list's end."""
    tree: dict[str, Any] = {}
    for value in values:
        path = [int(part) if part.isdigit() else part for part in re.findall(r"[^.\[\]]+", value.path)]
        below: Any = tree
        for part, following in pairwise([*path, None]):
            empty: Any = value.value if following is None else [] if isinstance(following, int) else {}
            if isinstance(below, list) and part == len(below):
                below.append(empty)
            elif isinstance(below, dict):
                assert following is not None or part not in below, value.path
                below.setdefault(part, empty)
            below = below[part]
    return tree


def small_chart(package: Package) -> bytes:
    """Return a chart of the same name and version."""
    meta = {"apiVersion": "v2", "name": package.facts.name, "version": package.facts.release.version}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, content in (
            ("Chart.yaml", yaml.safe_dump(meta)),
            ("values.yaml", "{}"),
            ("templates/a.yaml", TEMPLATE),
        ):
            info = tarfile.TarInfo(f"{package.facts.name}/{name}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content.encode()))
    return out.getvalue()


def rendered(package: Package, *, release: str, namespace: str, values: tuple[Value, ...]) -> dict[str, Any]:
    with helm_python.Chart.load_archive(small_chart(package)) as chart:
        (manifest,) = chart.render(values=nested(values), name=release, namespace=namespace).values()
    document: dict[str, Any] = yaml.safe_load(manifest)
    return document


@pytest.mark.parametrize("high_availability", [False, True])
@pytest.mark.parametrize(("task", "domain"), [("rag", "llm"), ("training", "computer_vision"), ("inference", "speech")])
def test_every_component_of_a_whole_stack_renders_with_its_values(
    starter_index: Index, task: str, domain: str, high_availability: bool
) -> None:
    roles = load_roles()
    context = Context(
        task=task, domain=domain, gpu_vendor="nvidia", high_availability=high_availability, concurrency=100
    )
    stack = recommend(starter_index, roles, [RoleRequest(r) for r in roles], context)
    assert stack.conflicts == ()
    for component in stack.components:
        assert component.package is not None
        parts = [(component.package, component.release, component.namespace, component.values)]
        parts += [(c.package, c.release, c.namespace, c.values) for c in component.companions]
        for package, release, namespace, values in parts:
            document = rendered(package, release=release, namespace=namespace, values=values)
            assert document["metadata"] == {"name": release, "namespace": namespace}
            assert document["data"]["version"] == package.facts.release.version
        shown = rendered(component.package, release="r", namespace="n", values=component.values)["data"]["values"]
        for link in component.connections:
            assert "{" not in link.description, link.description
            if link.value_path and link.service:
                assert link.service in shown or "s3://" in shown, (component.role, link.value_path)


@pytest.mark.parametrize("role", sorted(load_roles()))
def test_every_candidate_that_is_asked_for_renders_beside_the_other_roles(starter_index: Index, role: str) -> None:
    roles = load_roles()
    others = [RoleRequest(r) for r in roles if r != role]
    for candidate in roles[role].candidates:
        stack = recommend(starter_index, roles, [RoleRequest(role, candidate.chart), *others], Context())
        component = stack.components[0]
        assert component.package is not None
        assert component.package.facts.record_id == candidate.chart
        shown = rendered(component.package, release="r", namespace="n", values=component.values)["data"]["values"]
        texts = [v.value for v in component.values if isinstance(v.value, str) and "\n" not in v.value]
        assert all(t in shown for t in texts), candidate.chart
