"""What is charged as storage is what the manifests mount."""

from __future__ import annotations

import pytest

from services.orchestrator.domain.plan import WorkloadKind
from services.orchestrator.domain.planning.build import build_plan
from services.orchestrator.domain.planning.storage import checkpoint_gib, kept, weights_gb, weights_volume_gib
from services.orchestrator.domain.render import Format, render
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.verify import verify
from tests.orchestrator.planning.builders import catalogue, memory, model, offer, speed
from tests.orchestrator.render.validate import documents

GIB = 2**30 / 1e9


def mounted(plan) -> float:
    """Return all that the claims of a plan's manifests ask for, in GB."""
    total = 0.0
    for item in documents(render(plan, Format.KUBERNETES).content):
        claims = [item["spec"]] if item["kind"] == "PersistentVolumeClaim" else []
        if item["kind"] == "StatefulSet":
            claims += [t["spec"] for t in item["spec"]["volumeClaimTemplates"]] * item["spec"]["replicas"]
        total += sum(int(c["resources"]["requests"]["storage"].removesuffix("Gi")) for c in claims)
    return total * GIB


@pytest.mark.parametrize(
    ("wishes", "machines"),
    [
        ({"task_type": "training", "dataset_size_gb": 2000, "dataset_modality": "image"}, 1),
        ({"task_type": "inference", "model_task": "image-segmentation", "requests_per_second": 3}, 3),
    ],
)
def test_volumes_are_paid_for_as_they_are_mounted(wishes, machines):
    spec = WorkloadSpec(domain="computer_vision", **{"model_task": "image-segmentation", **wishes})
    one = offer("gcp", "L4", 1, "0.70")
    known = {"run_hours": 30.0} if wishes["task_type"] == "training" else {"requests_per_second": 1.0}
    candidates = catalogue(
        models=(model("org/outliner", 60_000_000, task="image-segmentation"),),
        memory=(memory("org/outliner", "L4", 10.0),),
        performance=(speed("org/outliner", "L4", 1, **known),),
        offers=(one,),
        offers_elsewhere=(one,),
    )
    plan = build_plan(spec, candidates, plan_id="p", conversation_id="c")
    assert verify(plan, spec, candidates) == ()
    assert plan.gpu_recommendations[0].node_count == machines
    volumes = [x for x in plan.cost_estimate.lines if "volume" in x.description and x.quantity is not None]
    assert float(sum(x.quantity for x in volumes)) == pytest.approx(mounted(plan), abs=len(volumes) * machines)
    assert all(x.unit_price is not None and x.provenance for x in volumes)
    disks = next(x for x in plan.cost_estimate.lines if "disks" in x.description)
    assert disks.quantity == 40 * machines


def test_the_original_of_a_dataset_is_kept_beside_the_volume_that_a_run_reads():
    some = {"dataset_gb": 500.0, "weights_gib": 20, "checkpoint_gib": 200, "machines": 1, "volumes": 1}
    run = [(k.kind, k.what, k.size_gb) for k in kept(WorkloadKind.TRAINING, **some)]
    assert run[:2] == [("object", "the dataset", 500), ("block", "volume for the dataset", 501)]
    served = [k.what for k in kept(WorkloadKind.SERVING, **some)]
    assert "volume for the dataset" not in served


@pytest.mark.parametrize(("place", "quantity"), [(0, 1), (1, 10), (2, 1)])
def test_less_storage_than_is_mounted_is_refused(place, quantity):
    spec = WorkloadSpec(task_type="inference", domain="llm", dataset_size_gb=100)
    candidates = catalogue()
    plan = build_plan(spec, candidates, plan_id="p", conversation_id="c")
    cost = plan.cost_estimate
    stored = [x for x in cost.lines if x.unit == "GB-month"]
    less = stored[place].model_copy(update={"quantity": quantity, "monthly": (stored[place].unit_price * quantity)})
    lines = tuple(less if x is stored[place] else x for x in cost.lines)
    forged = plan.model_copy(update={"cost_estimate": cost.model_copy(update={"lines": lines})})
    described = stored[place].description
    assert any("the bill says" in fault and described in fault for fault in verify(forged, spec, candidates))


@pytest.mark.parametrize(
    ("parameters", "whole", "gib"), [(70e9, True, 1304), (8e9, True, 200), (70e9, False, 200), (None, True, 200)]
)
def test_checkpoints_of_all_weights_have_room(parameters, whole, gib):
    trained = model("org/large", None if parameters is None else int(parameters))
    assert checkpoint_gib(WorkloadKind.TRAINING, trained, whole=whole, trees=False, dataset_gb=1.0) == gib
    assert checkpoint_gib(WorkloadKind.SERVING, trained, whole=whole, trees=False, dataset_gb=1.0) == 0


@pytest.mark.parametrize(
    ("published", "gigabytes"), [("bf16", 190), ("", 190), ("fp8", 95), ("fp32", 378), ("mxfp4", 57)]
)
def test_weights_have_the_room_that_they_are_published_in(published, gigabytes):
    large = model("org/large", 70_000_000_000, precision=published)
    assert weights_gb(large) == pytest.approx(gigabytes, abs=1)
    assert weights_volume_gib(large) * GIB == pytest.approx(gigabytes, abs=2)


def test_the_volumes_of_the_models_beside_it_are_paid_for():
    spec = WorkloadSpec(task_type="rag", domain="llm", concurrency=8)
    embedder = model("BAAI/bge-m3", 568_000_000, task="feature-extraction", purpose="embedding")
    candidates = catalogue(models=(*catalogue().models, embedder))
    plan = build_plan(spec, candidates, plan_id="p", conversation_id="c")
    assert verify(plan, spec, candidates) == ()
    volumes = [x for x in plan.cost_estimate.lines if "volume" in x.description and x.quantity is not None]
    helpers = sum(helper.weights_gib for helper in plan.workload.helpers) * GIB
    assert float(sum(x.quantity for x in volumes if "beside" in x.description)) == pytest.approx(helpers, abs=1)
    assert float(sum(x.quantity for x in volumes)) == pytest.approx(plan.workload.weights_gib * GIB + helpers, abs=2)
