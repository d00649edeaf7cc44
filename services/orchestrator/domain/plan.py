"""The deployment plan: what to rent, what to run, what to install, what it costs, and where each fact comes from."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from libs.provenance import Provenance

SCHEMA_VERSION: Final = 1
"""Version of the plan's JSON form; raised when a field changes its meaning or goes away."""


class PlanPart(BaseModel):
    """Base of every part: frozen, and no field that the contract does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class OptionKind(StrEnum):
    """What an option is best at."""

    CHEAPEST = "cheapest"
    """Costs least of all that meet every wish."""
    BEST_VALUE = "best_value"
    """Most performance for the money."""
    MOST_HEADROOM = "most_headroom"
    """Fastest, and most memory to spare, within the budget."""
    ALTERNATIVE = "alternative"
    """Cheapest at another provider or on other hardware."""
    NEAREST = "nearest"
    """Comes closest to wishes that cannot all be met; breaks says which it breaks."""


class WorkloadKind(StrEnum):
    """How machines are used."""

    SERVING = "serving"
    """Answers requests all month."""
    TRAINING = "training"
    """Runs to an end and writes checkpoints."""
    BATCH = "batch"
    """Works through a dataset once."""


class Equivalent(PlanPart):
    """A like machine elsewhere."""

    provider: str
    instance_type: str
    region: str
    gpu_type: str
    gpu_count: int
    """GPUs over all nodes."""
    node_count: int
    price_per_hour: Decimal
    """USD, all nodes."""
    spot_price_per_hour: Decimal | None = None
    provenance: Provenance


class GpuRecommendation(PlanPart):
    """One machine, or several of one type, to run the workload on. Without GPUs gpu_type is empty, gpu_count 0."""

    label: str
    """Short name for people, such as "Cheapest: 2 x A100-80GB at Lambda"."""
    option: OptionKind
    provider: str
    instance_type: str
    region: str
    country: str = ""
    """ISO 3166-1 alpha-2; empty where the provider does not say."""
    gpu_type: str
    gpu_count: int
    """GPUs over all nodes."""
    gpus_per_node: int
    gpu_memory_gib: float
    """Memory of each GPU."""
    gpu_memory_total_gib: float
    """Memory of all GPUs over all nodes."""
    node_count: int
    vcpus: float | None
    """Virtual CPUs of each node; None where the catalogue does not say."""
    memory_gib: float | None
    """Main memory of each node."""
    price_model: str
    """on_demand, spot or owned: what price_per_hour is."""
    price_per_hour: Decimal | None
    """USD, all nodes; None where the price of owned machines was not stated."""
    price_per_month: Decimal | None
    """USD, all nodes, 730 hours, rounded to the cent; None as price_per_hour."""
    spot_price_per_hour: Decimal | None = None
    """USD, all nodes, same machine and place; None where there is no spot price."""
    spot_note: str = ""
    """What spot would mean for this workload."""
    memory_required_gib: float
    """GPU memory that one copy of the workload needs, over its GPUs."""
    headroom: float
    """Share of GPU memory left free by one copy, 0 to 1."""
    model_id: str
    """Model that the sizing is for; empty when no model is planned."""
    precision: str
    tensor_parallel: int = 1
    pipeline_parallel: int = 1
    replicas: int = 1
    tokens_per_second: float | None = None
    """Expected total output over all replicas; None where it cannot be estimated."""
    performance_basis: str = ""
    """measured, published or modelled, with the error band."""
    run_hours: float | None = None
    """Expected length of one training or batch run; None where it cannot be estimated."""
    run_cost: Decimal | None = None
    """USD of one run on these machines, rounded to the cent."""
    why: str
    breaks: tuple[str, ...] = ()
    """Spec fields that this option does not meet."""
    equivalents: tuple[Equivalent, ...] = ()
    offer_id: str
    provenance: Provenance


class ModelRecommendation(PlanPart):
    """A model that fits the task."""

    model_id: str
    task: str
    license: str
    license_note: str
    parameters: int | None
    memory_gib: float | None
    """GPU memory for the planned use at precision; None where it cannot be estimated."""
    precision: str
    downloads: int | None
    likes: int | None
    relevance: float
    """Score of the search, 0 to 1."""
    gated: bool = False
    chosen: bool = False
    """True for the model that the plan deploys."""
    purpose: str = "main"
    """main, or what a second model is for, such as embedding."""
    why: str
    provenance: Provenance


class ComponentAlternative(PlanPart):
    """Another chart for the same role."""

    name: str
    repository: str
    chart: str
    version: str
    why: str


class SecretNeed(PlanPart):
    """A Secret that the user has to make; the plan never holds its values."""

    name: str
    keys: tuple[str, ...]
    description: str


class CompanionChart(PlanPart):
    """A chart that is installed with a component, such as its resource definitions or the cluster of an operator."""

    name: str
    repository: str
    repository_url: str = ""
    chart: str
    version: str
    release: str
    """Helm release name."""
    namespace: str
    why: str
    values: dict[str, Any] = {}
    """Chart values that fit this plan."""
    provenance: Provenance

    @property
    def goes_first(self) -> bool:
        """Tell whether it must be there before the component: charts of custom resource definitions end so."""
        return self.chart.endswith(("-crd", "-crds"))


class StackComponent(PlanPart):
    """One thing to install beside the workload."""

    role: str
    name: str
    repository: str
    repository_url: str = ""
    """Where the chart is fetched from: https://..., or oci://..."""
    chart: str
    version: str
    why: str
    alternatives: tuple[ComponentAlternative, ...] = ()
    namespace: str = ""
    values: dict[str, Any] = {}
    """Chart values that fit this plan."""
    needs: tuple[str, ...] = ()
    """Roles that must be installed before."""
    connection: str = ""
    """How neighbours reach it: service, port and secret, in words."""
    warnings: tuple[str, ...] = ()
    secrets: tuple[SecretNeed, ...] = ()
    """What must exist in the namespace before the chart is installed."""
    release: str = ""
    """Helm release name, from which its services are named; empty means the name."""
    companions: tuple[CompanionChart, ...] = ()
    """What is installed with it, in this order, before it where it goes first."""
    provenance: Provenance


class DeploymentStep(PlanPart):
    """One thing to do, in order."""

    number: int
    title: str
    detail: str
    command: str = ""
    """A shell command to run, without secrets; empty when there is none."""


class CostLine(PlanPart):
    """One line of the cost table."""

    description: str
    quantity: Decimal | None
    """None when the usage is unknown."""
    unit: str
    """hour, GB-month, GB, month."""
    unit_price: Decimal | None
    """USD; None when unknown."""
    monthly: Decimal | None
    """USD, quantity x unit_price rounded to the cent; None when unknown, and then not in the total."""
    unknown_reason: str = ""
    quantity_max: Decimal | None = None
    """The most that may be used where usage is not known or copies are added; None elsewhere, and without a price."""
    monthly_max: Decimal | None = None
    """USD, quantity_max x unit_price rounded to the cent; None as quantity_max."""
    provenance: Provenance | None = None


class ExchangeRate(PlanPart):
    """A dated rate."""

    currency: str
    """ISO 4217."""
    usd_per_unit: Decimal
    as_of: date
    source: str


class CostEstimate(PlanPart):
    """What the first recommendation costs a month."""

    lines: tuple[CostLine, ...]
    monthly_total: Decimal
    """USD; the sum of the lines that are known."""
    complete: bool
    """True when every line is known."""
    monthly_total_max: Decimal | None = None
    """USD at full load: with the most of every line that has a range; None where none has one."""
    spot_monthly_total: Decimal | None = None
    """The same with the machines on spot; None where there is no spot price."""
    run_total: Decimal | None = None
    """USD of one training or batch run, machines only; None when not a run or not estimable."""
    exchange_rate: ExchangeRate | None = None
    monthly_total_in_currency: Decimal | None = None
    """monthly_total in exchange_rate.currency."""
    note: str = ""
    """How hours were counted."""


class Relaxation(PlanPart):
    """A change of wishes that makes a plan possible."""

    fields: tuple[str, ...]
    """Spec fields to change."""
    description: str
    price_per_hour: Decimal | None = None
    """USD of the best offer that it brings, all nodes."""
    price_per_month: Decimal | None = None
    provenance: Provenance | None = None


class UnmetWish(PlanPart):
    """A wish that cannot be met together with the others."""

    field: str
    """Spec field."""
    conflict: str
    """The conflict in one sentence."""
    relaxations: tuple[Relaxation, ...] = ()


class Change(PlanPart):
    """What differs from the plan before."""

    what: str
    before: str
    after: str


class CatalogSnapshot(PlanPart):
    """A catalogue snapshot that the plan rests on."""

    catalog: str
    snapshot_id: str


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
    """vllm, tei, pipeline (a transformers or diffusers server), torchrun, trl or python."""
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


class CombinedCost(PlanPart):
    """What all parts of a plan cost together, as far as it is known."""

    once: Decimal
    """USD for the runs that end, with their storage of a month."""
    monthly: Decimal
    """USD a month for what keeps running."""
    complete: bool
    """True when every line of every part is known."""
    note: str


class DeploymentPlan(PlanPart):
    """The whole plan. The first GPU recommendation is the one that costs, steps and manifests are for."""

    schema_version: int = SCHEMA_VERSION
    plan_id: str
    conversation_id: str
    version: int
    """From 1, raised by each revision in the conversation."""
    understanding: str
    assumptions: tuple[str, ...]
    gpu_recommendations: tuple[GpuRecommendation, ...]
    model_recommendations: tuple[ModelRecommendation, ...]
    kubernetes_stack: tuple[StackComponent, ...]
    deployment_steps: tuple[DeploymentStep, ...]
    cost_estimate: CostEstimate
    tradeoffs: tuple[str, ...]
    warnings: tuple[str, ...]
    unmet: tuple[UnmetWish, ...]
    workload: Workload | None = None
    """None when nothing can be deployed."""
    changes: tuple[Change, ...] = ()
    """What differs from the version before."""
    snapshots: tuple[CatalogSnapshot, ...] = ()
    parts: tuple[DeploymentPlan, ...] = ()
    """Plans of its other workloads: the run whose result it serves or the serving of it, or services beside it."""
    combined_cost: CombinedCost | None = None
    """What this plan and its parts cost together; None without parts."""
