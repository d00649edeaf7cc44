"""The other forms of a plan: text, diagram, helmfile, SkyPilot task, JSON and the bundle of all."""

from __future__ import annotations

import ast
import io
import json
import re
import tarfile

import jsonschema
import pytest
from hypothesis import given, settings

from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.planning.build import build_plan
from services.orchestrator.domain.render import Format, render
from services.orchestrator.domain.render.json import schema
from services.orchestrator.domain.render.mermaid import MAX_NODES, label
from services.orchestrator.domain.render.scripts import REQUIREMENTS, text_of
from services.orchestrator.domain.render.text import code, md
from services.orchestrator.domain.spec import WorkloadSpec
from tests.orchestrator.planning.builders import catalogue, chart, companion, model, provenance
from tests.orchestrator.render.schemas import HELMFILE
from tests.orchestrator.render.strategies import HOSTILE, plans
from tests.orchestrator.render.validate import documents
from tests.orchestrator.render.vendors import sky_task

PLACEHOLDER = re.compile(r"\bTODO\b|\bFIXME\b|CHANGEME|REPLACE_WITH|<your[- ]|\bXXX\b", re.IGNORECASE)
QUOTED = r'"(?:[A-Za-z0-9 .,:/+@_()-]|#\d+;)*"'
MERMAID_LINE = re.compile(
    rf"flowchart LR|  \s*(?:\w+(?:\(\[{QUOTED}\]\)|\[\({QUOTED}\)\]|\{{\{{{QUOTED}\}}\}}|\[{QUOTED}\])"
    rf"|subgraph \w+\[{QUOTED}\]|end|\w+(?: (?:-->|-\.->|<-->) \w+)+|classDef gpu [\w:#,]+|class \w+(?:,\w+)* gpu)"
)


@pytest.fixture(scope="module")
def plan() -> DeploymentPlan:
    spec = WorkloadSpec(task_type="inference", domain="llm", models=("llama 3.1 8b",), budget_usd_month=2000)
    candidates = catalogue(models=(model("meta-llama/Llama-3.1-8B-Instruct", wished_as="llama 3.1 8b"),))
    return build_plan(spec, candidates, plan_id="plan-1", conversation_id="c")


@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")  # plans are long to print
@settings(max_examples=150, deadline=None)
@given(plans())
def test_every_form_of_every_plan_parses_and_holds_no_placeholder(plan):
    for form in Format:
        if plan.workload is None and form not in (Format.MARKDOWN, Format.JSON, Format.MERMAID):
            continue
        rendered = render(plan, form)
        if form is not Format.BUNDLE:
            text = rendered.content.decode()
            assert not PLACEHOLDER.search(text), form
    assert DeploymentPlan.model_validate_json(render(plan, Format.JSON).content) == plan
    for line in render(plan, Format.MERMAID).content.decode().splitlines():
        assert MERMAID_LINE.fullmatch(line), line
    if plan.workload is None:
        return
    (helmfile,) = documents(render(plan, Format.HELMFILE).content)
    jsonschema.validate(helmfile, HELMFILE)
    assert "{{" not in render(plan, Format.HELMFILE).content.decode()


def test_a_diagram_has_few_nodes_and_marks_the_gpus(plan):
    many = tuple(chart("monitoring", f"part-{n}") for n in range(60))
    stack = tuple(
        plan.kubernetes_stack[0].model_copy(update={"role": f"role_{n}", "name": c.name}) for n, c in enumerate(many)
    )
    text = render(plan.model_copy(update={"kubernetes_stack": stack}), Format.MERMAID).content.decode()
    nodes = re.findall(r"^\s+\w+(?:\(\[|\[\(|\{\{|\[)\"", text, flags=re.MULTILINE)
    assert len(nodes) <= MAX_NODES
    assert re.search(r"gpu\{\{\"1 x L4, 24 GiB each\"\}\}", text)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_label_holds_only_plain_characters_and_entities(name):
    assert re.fullmatch(QUOTED, label(name))


@pytest.mark.parametrize("name", HOSTILE)
def test_markdown_text_stays_on_one_line_and_starts_nothing(name):
    line = md(name)
    assert "\n" not in line
    assert not re.search(r"(?<!\\)[<>|`\[\]*]", line)
    assert not line.startswith("#")
    assert "`" not in code(name)[1:-1]


def test_the_text_names_prices_sources_and_what_is_unknown(plan):
    text = render(plan, Format.MARKDOWN).content.decode()
    total = plan.cost_estimate.monthly_total
    assert f"**${total:,}**" in text
    assert "Load balancer for the endpoint, because the catalogue has no price for it" in text
    assert provenance("compute", "x").source in text
    assert text.index("## Machines") < text.index("## Cost") < text.index("## Steps")


def test_what_cannot_be_met_comes_before_the_machines():
    spec = WorkloadSpec(task_type="inference", domain="llm", budget_usd_month=10)
    text = render(build_plan(spec, catalogue(), plan_id="p", conversation_id="c"), Format.MARKDOWN).content.decode()
    assert text.index("## What cannot be met") < text.index("## Machines")
    assert "The budget is $10.00 a month" in text


def test_lines_of_the_cost_table_add_up_in_the_text(plan):
    table = render(plan, Format.MARKDOWN).content.decode().split("## Cost")[1].split("## Steps")[0]
    amounts = [re.fullmatch(r"\$([\d,.]+)", row.split("|")[-2].strip()) for row in table.splitlines() if "|" in row]
    known = [round(float(m.group(1).replace(",", "")) * 100) for m in amounts if m]
    assert sum(known) == round(plan.cost_estimate.monthly_total * 100)


def test_json_follows_its_published_schema(plan):
    jsonschema.validate(json.loads(render(plan, Format.JSON).content), schema())
    assert schema()["$id"].endswith(f":{plan.schema_version}")


def test_the_schema_refuses_a_field_that_it_does_not_know(plan):
    body = json.loads(render(plan, Format.JSON).content) | {"surprise": 1}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(body, schema())


def test_components_are_pinned_and_those_needed_come_first():
    cache = chart("cache", "redis", needs=("gpu_operator",))
    spec = WorkloadSpec(task_type="inference", domain="llm", component_roles=("cache",))
    charts = (cache, chart("gpu_operator", "gpu-operator"))
    made = build_plan(spec, catalogue(charts=charts), plan_id="p", conversation_id="c")
    (body,) = documents(render(made, Format.HELMFILE).content)
    names = [r["name"] for r in body["releases"]]
    assert names == ["gpu-operator", "redis"]
    assert body["releases"][1]["needs"] == ["gpu-operator/gpu-operator"]
    assert all(r["version"] == "1.2.3" for r in body["releases"])
    assert {r["chart"].split("/")[0] for r in body["releases"]} <= {r["name"] for r in body["repositories"]}


def test_a_server_of_models_in_a_plan_of_an_earlier_release_is_not_installed(plan):
    server = plan.kubernetes_stack[0].model_copy(update={"role": "inference_server", "name": "vllm-stack"})
    before = plan.model_copy(update={"kubernetes_stack": (*plan.kubernetes_stack, server)})
    (body,) = documents(render(before, Format.HELMFILE).content)
    assert [r["name"] for r in body["releases"]] == [c.name for c in plan.kubernetes_stack]
    assert "vllm-stack" not in render(before, Format.MERMAID).content.decode()


def test_what_comes_with_a_component_is_installed_around_it_under_the_release_names_of_the_catalogue():
    database = chart(
        "database",
        "cloudnative-pg",
        release="cnpg",
        namespace="cnpg-system",
        companions=(
            companion("cluster", release="postgres", values={"cluster": {"instances": 2}}),
            companion("operator-crds", namespace="cnpg-system"),
        ),
    )
    tracking = chart("experiment_tracking", "mlflow", needs=("database",))
    spec = WorkloadSpec(task_type="inference", domain="llm", component_roles=("database", "experiment_tracking"))
    made = build_plan(spec, catalogue(charts=(tracking, database)), plan_id="p", conversation_id="c")
    (body,) = documents(render(made, Format.HELMFILE).content)
    jsonschema.validate(body, HELMFILE)
    found = {f"{r['namespace']}/{r['name']}": r for r in body["releases"]}
    assert list(found) == ["cnpg-system/operator-crds", "cnpg-system/cnpg", "ai/postgres", "mlflow/mlflow"]
    assert found["cnpg-system/cnpg"]["needs"] == ["cnpg-system/operator-crds"]
    assert found["ai/postgres"]["needs"] == ["cnpg-system/operator-crds", "cnpg-system/cnpg"]
    assert "ai/postgres" in found["mlflow/mlflow"]["needs"]
    assert found["ai/postgres"]["version"] == "4.5.6"
    assert found["ai/postgres"]["values"] == [{"cluster": {"instances": 2}}]
    assert {r["chart"].split("/")[0] for r in body["releases"]} <= {r["name"] for r in body["repositories"]}
    text = render(made, Format.MARKDOWN).content.decode()
    assert "`cluster-charts/cluster` 4.5.6, release `postgres`" in text
    step = next(s for s in made.deployment_steps if s.title == "Install the components")
    assert "operator-crds 4.5.6, cloudnative-pg 1.2.3, cluster 4.5.6, mlflow 1.2.3" in step.detail


def test_a_chart_from_a_registry_is_fetched_as_oci(plan):
    part = plan.kubernetes_stack[0].model_copy(update={"repository_url": "oci://ghcr.example.org/charts"})
    changed = plan.model_copy(update={"kubernetes_stack": (part,)})
    (body,) = documents(render(changed, Format.HELMFILE).content)
    assert body["repositories"] == [{"name": "gpu-operator-charts", "url": "ghcr.example.org/charts", "oci": True}]


def test_a_sky_task_rents_what_was_planned(plan):
    (body,) = documents(render(plan, Format.SKYPILOT).content)
    lead = plan.gpu_recommendations[0]
    sky_task(body)
    assert body["resources"]["infra"] == f"{lead.provider}/{lead.region}"
    assert body["resources"]["accelerators"] == {"L4": 1}
    assert "vllm serve meta-llama/Llama-3.1-8B-Instruct" in body["run"]


def test_the_bundle_holds_every_file_and_is_the_same_each_time(plan):
    first, second = render(plan, Format.BUNDLE).content, render(plan, Format.BUNDLE).content
    assert first == second
    with tarfile.open(fileobj=io.BytesIO(first), mode="r:gz") as tar:
        names = {m.name.split("/", 1)[1] for m in tar.getmembers()}
        assert all(m.mtime == 0 and m.isfile() and not m.name.startswith("/") for m in tar.getmembers())
        readme = tar.extractfile("plan-1/README.md")
        assert readme is not None
        text = readme.read().decode()
    assert names == {
        "README.md",
        "plan.md",
        "plan.json",
        "plan.schema.json",
        "architecture.mmd",
        "helmfile.yaml",
        "kubernetes/llama-3-1-8b-instruct.yaml",
        "skypilot/llama-3-1-8b-instruct.yaml",
    }
    assert all(f"`{name}`" in text for name in names if name not in ("README.md", "plan.schema.json"))


@pytest.mark.parametrize("name", sorted(REQUIREMENTS))
def test_a_program_that_a_plan_brings_is_valid_python_with_pinned_packages(name):
    ast.parse(text_of(name))
    assert all(re.fullmatch(r"[a-z0-9-]+==\d[\w.]*", package) for package in REQUIREMENTS[name])
