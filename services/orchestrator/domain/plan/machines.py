"""What to rent."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from libs.provenance import Provenance
from services.orchestrator.domain.plan.part import PlanPart


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


class Equivalent(PlanPart):
    """A like machine elsewhere."""

    provider: str
    instance_type: str
    region: str
    gpu_type: str
    gpu_count: int
    """GPUs over all nodes."""
    node_count: int
    price_model: str = "on_demand"
    """on_demand, spot or owned: what price_per_hour is."""
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
