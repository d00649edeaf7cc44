"""SkyPilot's words for machines, and tasks that give machines back."""

from __future__ import annotations

import csv
import os
import re
from pathlib import Path
from typing import Any

import pytest

from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.planning.build import build_plan
from services.orchestrator.domain.render import Format, render
from services.orchestrator.domain.render.accelerators import accelerator, accelerators
from services.orchestrator.domain.render.readme import readme
from services.orchestrator.domain.render.skypilot import CLOUDS
from services.orchestrator.domain.spec import WorkloadSpec
from tests.orchestrator.planning.builders import catalogue, memory, model, offer
from tests.orchestrator.render.validate import documents
from tests.orchestrator.render.vendors import sky_task

ROOT = Path(__file__).parents[3]
TABLES = Path(os.environ.get("STACK8S_SHARED", ROOT.parent / "shared")) / "data" / "compute" / "skypilot-catalog"


def task(plan: DeploymentPlan) -> dict[str, Any]:
    (found,) = documents(render(plan, Format.SKYPILOT).content)
    sky_task(found)
    return found


def plan(**wishes: Any) -> DeploymentPlan:
    found = model("org/m", wished_as="m")
    sized = tuple(memory("org/m", g, 20.0) for g in ("L4", "MI300X", "H100-80GB-SXM"))
    offers = (
        offer("gcp", "L4", 1, "0.7"),
        offer("runpod", "MI300X", 1, "2.69"),
        offer("hyperstack", "H100-80GB-SXM", 1, "1.9"),
    )
    records = catalogue(models=(found,), memory=sized, offers=offers, offers_elsewhere=offers)
    spec = WorkloadSpec(**{"task_type": "inference", "domain": "llm", "models": ("m",), **wishes})
    return build_plan(spec, records, plan_id="p", conversation_id="c")


def letters(name: str) -> str:
    """Return a name without what clouds spell differently."""
    return re.sub(r"[^a-z0-9]", "", name.lower()).removeprefix("tesla").removeprefix("rtx")


@pytest.mark.skipif(not TABLES.exists(), reason=f"no catalogue of SkyPilot at {TABLES}")
def test_accelerators_are_spelled_as_in_the_tables_of_their_cloud():
    known: dict[str, set[str]] = {}
    for table in TABLES.glob("*/*/vms*.csv"):
        with table.open(newline="") as file:
            names = {row.get("AcceleratorName") or "" for row in csv.DictReader(file)}
        known.setdefault(table.parent.name, set()).update(name.lower() for name in names - {""})
    with (ROOT / "services/compute/starter/offers.csv").open(newline="") as file:
        offered = {(row["provider"], row["gpu"]) for row in csv.DictReader(file) if row["gpu"]}
    called = {(p, g): accelerator(g, p).lower() for p, g in offered if p in CLOUDS and p in known}
    right = [key for key, name in called.items() if name in known[key[0]]]
    # What a table does not have cannot be compared; what it has under another spelling is wrong.
    wrong = [
        (cloud, gpu, name)
        for (cloud, gpu), name in called.items()
        if name not in known[cloud] and letters(name) in {letters(other) for other in known[cloud]}
    ]
    assert len(right) > 50
    assert not wrong


@pytest.mark.parametrize(
    ("gpu_type", "chips", "name"),
    [
        ("tpu-v5e", 4, "tpu-v5litepod-4"),
        ("tpu-v6e", 8, "tpu-v6e-8"),
        ("tpu-v5p", 4, "tpu-v5p-8"),
        ("tpu-v4", 4, "tpu-v4-8"),
    ],
)
def test_a_slice_of_tpus_is_one_accelerator(gpu_type, chips, name):
    assert accelerators(gpu_type, "gcp", per_node=chips, nodes=1) == ({name: 1}, 1)


def test_gpus_of_another_maker_run_the_image_of_the_manifests():
    amd = task(plan(gpu_models=("MI300X",)))
    assert amd["resources"]["image_id"] == "docker:vllm/vllm-openai-rocm:v0.27.1"
    assert "pip install" not in amd.get("setup", "")
    assert task(plan(gpu_models=("L4",)))["setup"] == "pip install vllm==0.27.1"


def test_a_run_gives_its_machines_back_and_keeps_its_results():
    made = task(plan(task_type="fine_tuning", providers=("gcp",)))
    assert made["resources"]["autostop"]["down"] is True
    assert made["file_mounts"]["~/results"] == {"source": "${RESULTS}", "mode": "MOUNT_CACHED"}
    assert made["envs"] == {"DATA": None, "RESULTS": None}
    assert "--output ~/results" in made["run"]
    step = next(
        s for s in plan(task_type="fine_tuning", gpu_models=("MI300X",)).deployment_steps if "sky launch" in s.command
    )
    assert "--env DATA --env RESULTS" in step.command


def test_a_provider_that_skypilot_does_not_know_is_left_out_and_told():
    made = plan(gpu_models=("H100",))
    assert "infra" not in task(made)["resources"]
    assert "SkyPilot does not know Hyperstack" in readme(made)
