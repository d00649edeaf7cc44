"""Where no program of ours trains a model, the command or example of its library is named."""

from __future__ import annotations

import pytest

from services.orchestrator.domain.planning.build import build_plan
from services.orchestrator.domain.render.readme import supplies
from services.orchestrator.domain.spec import WorkloadSpec
from tests.orchestrator.planning.builders import catalogue, memory, model


def supplied(model_id: str, task: str) -> str:
    found = model(model_id, 11_000_000, task=task, wished_as="named")
    records = catalogue(models=(found,), memory=tuple(memory(model_id, g, 4.0) for g in ("L4", "A10G")))
    spec = WorkloadSpec(task_type="training", model_task=task, models=("named",), dataset_items=1000)
    plan = build_plan(spec, records, plan_id="p", conversation_id="c")
    return "\n".join(supplies(plan))


@pytest.mark.parametrize(
    ("model_id", "weights"), [("Ultralytics/YOLOv8", "yolov8n.pt"), ("Ultralytics/YOLO11", "yolo11n.pt")]
)
def test_ultralytics_has_a_command(model_id, weights):
    told = supplied(model_id, "object-detection")
    assert "`code/train.py`" in told
    assert f"`yolo detect train model={weights} data=/data/data.yaml project=/checkpoints`" in told


def test_transformers_has_an_example():
    assert "run_object_detection.py" in supplied("facebook/detr-resnet-50", "object-detection")


def test_where_a_program_of_ours_trains_no_other_is_named():
    told = supplied("google/vit-base-patch16-224", "image-classification")
    assert "examples/" not in told
    assert "code/train.py" not in told
