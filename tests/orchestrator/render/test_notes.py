"""Files say where they do not run: manifests for machines that are no nodes of a cluster."""

from __future__ import annotations

import io
import tarfile

from services.orchestrator.domain.answers.files import render_answer
from services.orchestrator.domain.render import Format, render
from services.orchestrator.domain.render.yaml import documents as written
from tests.orchestrator.planning.builders import catalogue, offer
from tests.orchestrator.planning.plans import plan_for
from tests.orchestrator.render.objects import check, documents

SERVE = {"task_type": "inference", "domain": "llm"}
PODS = (offer("runpod", "L4", 1, "0.40"),)


def bundled(plan) -> dict[str, str]:
    with tarfile.open(fileobj=io.BytesIO(render(plan, Format.BUNDLE).content), mode="r:gz") as tar:
        return {m.name.partition("/")[2]: tar.extractfile(m).read().decode() for m in tar.getmembers()}  # type: ignore[union-attr]


def test_manifests_for_machines_that_are_no_nodes_say_so_wherever_they_are_read():
    plan = plan_for(catalogue(offers=PODS, offers_elsewhere=PODS), **SERVE)
    said = "RunPod rents machines that are no nodes of a cluster"
    text = render(plan, Format.KUBERNETES).content.decode()
    assert text.startswith(f"# {said}")
    assert "a cluster of your own with 1 x L4" in text.partition("\n")[0]
    check(documents(plan))
    found = bundled(plan)
    assert found["kubernetes/llama-3-1-8b-instruct.yaml"].startswith(f"# {said}")
    assert said in found["README.md"]
    assert said in render_answer(plan, Format.KUBERNETES)
    assert said not in render_answer(plan, Format.SKYPILOT)


def test_manifests_for_nodes_of_a_cluster_have_nothing_to_say():
    text = render(plan_for(**SERVE), Format.KUBERNETES).content.decode()
    assert text.startswith("---\n")


def test_no_name_ends_a_comment():
    text = written([{"a": 1}], notes=["one\nkind: Pod\u2028\x85\rb"])
    assert text.splitlines()[1:] == ["---", "a: 1"]
