"""What the catalogues answered: the records that a plan is chosen from, each with its provenance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from libs.provenance import Provenance
from services.orchestrator.domain.plan import CompanionChart, InstalledComponent, SecretNeed, ValueNeed
from services.orchestrator.domain.planning.standing import NOTHING, Standing
from services.orchestrator.domain.prices import UnitPrices


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One machine at one place for one price."""

    offer_id: str
    provider: str
    instance_type: str
    region: str
    country: str = ""
    """ISO 3166-1 alpha-2; empty where unknown."""
    continent: str = ""
    """Such as north-america; empty where unknown."""
    residency: str = ""
    """Data-residency zone, such as EU; empty where unknown."""
    price_model: str = "on_demand"
    """on_demand, spot or owned."""
    price_per_hour: Decimal | None
    """USD, the whole machine; None where nobody stated what an owned machine costs."""
    spot_price_per_hour: Decimal | None = None
    """USD, the same machine at the same place."""
    vcpus: float | None = None
    memory_gib: float | None = None
    gpu_type: str = ""
    gpu_count: int = 0
    """GPUs in the machine."""
    gpu_memory_gib: float = 0.0
    """Memory of each GPU."""
    local_disk_gb: float | None = None
    network_gbits: float | None = None
    interconnect: str = ""
    units: int | None = None
    """Machines there are of the user's own, where these are known by the user's words alone; None elsewhere."""
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuType:
    """One accelerator type."""

    name: str
    vendor: str
    architecture: str
    memory_gib: float
    bandwidth_gbps: float | None = None
    """Of the memory, in GB/s."""
    interconnect_gbps: float | None = None
    """Between GPUs of a machine, per GPU, both directions, in GB/s."""
    tflops: Mapping[str, float] = field(default_factory=dict)
    """Dense, by precision."""
    compute_capability: str = ""
    aliases: tuple[str, ...] = ()
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCandidate:
    """One model that may do the task."""

    model_id: str
    task: str
    license: str
    license_class: str = "unknown"
    """commercial, attribution (commercial use under conditions), research_only or unknown."""
    open_source: bool = False
    """Open source in the sense of the OSI."""
    license_note: str = ""
    license_asked: str = ""
    """The licence that the catalogue found it by: an id, a title or a family, which its own id need not spell."""
    parameters: int | None = None
    context_tokens: int | None = None
    """Longest context; None where unknown or where there is none."""
    downloads: int | None = None
    likes: int | None = None
    published: date | None = None
    precision: str = ""
    """Of the published weights; empty where unknown."""
    relevance: float = 0.0
    """Score of the search, 0 to 1."""
    library: str = ""
    gated: bool = False
    quantized: bool = False
    """A repackaging at lower precision."""
    adapter: bool = False
    """Weights that run only on top of the model that they were made from."""
    about: str = ""
    """Summary and tags."""
    passage: str = ""
    """Part of the card that matched."""
    wished_as: str = ""
    """The name in the spec that this model answers; empty when found by description."""
    purpose: str = "main"
    languages: tuple[str, ...] = ()
    """What its record states, as ISO 639 codes; empty where it states none."""
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundModels:
    """What a search for models found."""

    models: tuple[ModelCandidate, ...] = ()
    """Best first."""
    notes: tuple[str, ...] = ()
    """Why there are none, or not all that were asked for, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryEstimate:
    """The fewest GPUs of one type that hold one copy of a model's use, and what they hold then."""

    model_id: str
    precision: str
    method: str = "inference"
    """inference, full, lora or qlora."""
    gpu_type: str
    """Empty: main memory of a machine without GPUs."""
    gpus: int
    """Fewest GPUs of one copy; 0 when no number of them holds it."""
    tensor_parallel: int = 1
    pipeline_parallel: int = 1
    per_gpu_gib: float
    """On the fullest GPU."""
    total_gib: float
    """Over the GPUs of one copy."""
    headroom_gib: float = 0.0
    """Left on the fullest GPU."""
    borderline: bool = False
    """Whether the fit would turn if the estimate were off by its error, or by other settings that nobody named."""
    error: float = 0.0
    """What the need may be off by, as a share of it."""
    risk: str = ""
    """How much other settings take, and which; empty where none takes more."""
    basis: str = ""
    assumptions: tuple[str, ...] = ()
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class PerformanceEstimate:
    """Speed of one copy on its GPUs."""

    model_id: str
    precision: str
    gpu_type: str
    """Empty: a machine without GPUs."""
    gpus: int
    """Virtual CPUs where there are no GPUs."""
    tokens_per_second: float | None = None
    """Output of one copy at the asked concurrency."""
    requests_per_second: float | None = None
    """Of one copy."""
    units_per_second: float | None = None
    """What one copy makes where that is no text: seconds of sound, or actions of a robot, as unit says."""
    unit: str = ""
    """second of sound, or action."""
    time_to_first_token_ms: float | None = None
    request_latency_ms: float | None = None
    run_hours: float | None = None
    """Length of one run over the dataset on one copy."""
    basis: str = ""
    error_factor: float | None = None
    """The true figure lies within a factor of this, either way."""
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartCandidate:
    """A chart that fills a role, as the packages catalogue recommends it."""

    role: str
    name: str
    repository: str
    repository_url: str
    chart: str
    version: str
    why: str
    namespace: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    connection: str = ""
    cpu: float | None = None
    memory_gib: float | None = None
    warnings: tuple[str, ...] = ()
    secrets: tuple[SecretNeed, ...] = ()
    release: str = ""
    """Helm release name; empty means the name."""
    companions: tuple[CompanionChart, ...] = ()
    """Charts to install with it."""
    names: tuple[str, ...] = ()
    """Names that its software is known by."""
    links: tuple[ValueNeed, ...] = ()
    """How it reaches software that is there already."""
    alternatives: tuple[ChartCandidate, ...] = ()
    kube_version: str = ""
    """Kubernetes versions that the chart takes, as a range; empty where it states none."""
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfilledRole:
    """A role that stays empty, because all that could fill it is refused."""

    role: str
    refused: tuple[str, ...]
    """Charts that would do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCluster:
    """What the user's own cluster has free, over all its nodes; None where it does not answer."""

    note: str = ""
    """Why it offers nothing; empty when it is connected."""
    cpus_free: float | None = None
    memory_gib_free: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """All that a plan may be made of. What is not in here must not be in the plan."""

    models: tuple[ModelCandidate, ...] = ()
    """Best first."""
    gpu_types: Mapping[str, GpuType] = field(default_factory=dict)
    """By canonical name."""
    memory: tuple[MemoryEstimate, ...] = ()
    performance: tuple[PerformanceEstimate, ...] = ()
    offers: tuple[Offer, ...] = ()
    """Where the spec allows machines to be."""
    offers_elsewhere: tuple[Offer, ...] = ()
    """Anywhere: what relaxing providers, regions and residency would bring."""
    hosts: tuple[Offer, ...] = ()
    """Machines without GPUs for the components: of each place the cheapest that hold what components may ask for."""
    hosts_for: frozenset[tuple[float, float]] = frozenset()
    """What machines were asked for that hold so many CPUs and GiB of memory."""
    hosted: frozenset[tuple[str, str]] = frozenset()
    """Provider and region where the components of another part of the plan run already."""
    unit_prices: UnitPrices = field(default_factory=UnitPrices)
    """Of storage and traffic."""
    charts: tuple[ChartCandidate, ...] = ()
    charts_for: tuple[str, ...] = ()
    """What the charts were asked for: the maker of the GPUs, then the roles."""
    charts_of: Mapping[str, tuple[ChartCandidate, ...]] = field(default_factory=dict)
    """Charts for all roles by the maker of the GPUs, the first one asked for first: what options are compared by where
    charts are for the first option alone."""
    standing: Standing = NOTHING
    """What the user runs already and does not want."""
    installed: tuple[InstalledComponent, ...] = ()
    """What of it fills roles of the stack."""
    unfilled: tuple[UnfilledRole, ...] = ()
    """Roles that only refused software could fill."""
    conflicts: tuple[str, ...] = ()
    """Between charts, in words."""
    missing: tuple[str, ...] = ()
    """Catalogues that did not answer."""
    notes: tuple[str, ...] = ()
    """Why searches found no model, or not all that were asked for, in words."""
    cluster: OwnCluster | None = None
    """The user's own cluster, when it was wanted."""
