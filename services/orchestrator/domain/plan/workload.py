"""What runs on the machines."""

from __future__ import annotations

from enum import StrEnum

from services.orchestrator.domain.plan.part import PlanPart


class WorkloadKind(StrEnum):
    """How machines are used."""

    SERVING = "serving"
    """Answers requests all month."""
    TRAINING = "training"
    """Runs to an end and writes checkpoints."""
    BATCH = "batch"
    """Works through a dataset once."""


class Workload(PlanPart):
    """What runs on the machines of the first recommendation: everything that the manifests are made of."""

    kind: WorkloadKind
    name: str
    """A DNS label, another for each part of a plan."""
    result_of: str = ""
    """Name of the training workload whose result is served in place of the published weights; empty: as published."""
    model_id: str
    model_task: str
    engine: str
    """vllm, tei, triton, pipeline (a transformers or diffusers server), torchrun, trl, a library of trees (lightgbm,
    xgboost, catboost, scikit-learn) or python."""
    image: str
    method: str = ""
    """Training: full, lora or qlora; of the run whose result is served."""
    epochs: float | None = None
    """Training: passes over the data that the length of the run was estimated for; None where it was not."""
    precision: str
    tensor_parallel: int = 1
    pipeline_parallel: int = 1
    node_count: int = 1
    gpus_per_node: int = 0
    replicas_min: int = 1
    replicas_max: int = 1
    context_tokens: int | None = None
    concurrency: int | None = None
    gpu_memory_utilization: float | None = None
    gpu_vendor: str = ""
    gpu_resource: str = ""
    """Extended resource, such as nvidia.com/gpu; empty on CPU."""
    node_selector: dict[str, str] = {}
    cpu_request: float
    memory_request_gib: float
    weights_gib: int
    """Volume for model weights."""
    dataset_gib: int = 0
    checkpoint_gib: int = 0
    gated: bool = False
    """True when the model needs a Hub token."""
    spot: bool = False
    high_availability: bool = False
    helpers: tuple[Workload, ...] = ()
    """Small servers beside it, in its namespace and on CPUs, such as the model that makes vectors; they have none."""
