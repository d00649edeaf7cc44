"""The workload a user described: plain values, each with the words it came from."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class TaskType(StrEnum):
    """What is done with the model."""

    INFERENCE = "inference"
    TRAINING = "training"
    FINE_TUNING = "fine_tuning"
    BATCH_INFERENCE = "batch_inference"
    RAG = "rag"
    OTHER = "other"


class Domain(StrEnum):
    """The field of machine learning."""

    LLM = "llm"
    COMPUTER_VISION = "computer_vision"
    IMAGE_GENERATION = "image_generation"
    SPEECH = "speech"
    VIDEO = "video"
    MULTIMODAL = "multimodal"
    EMBEDDINGS = "embeddings"
    RECOMMENDATION = "recommendation"
    TABULAR = "tabular"
    TIME_SERIES = "time_series"
    BIOLOGY = "biology"
    REINFORCEMENT_LEARNING = "reinforcement_learning"
    OTHER = "other"


class Modality(StrEnum):
    """What the dataset consists of."""

    TEXT = "text"
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    TABULAR = "tabular"
    MIXED = "mixed"


class BudgetPeriod(StrEnum):
    """The period a budget in another currency is meant for."""

    HOUR = "hour"
    MONTH = "month"
    TOTAL = "total"


class ComponentRole(StrEnum):
    """A role in the stack that a user can ask for by name."""

    VECTOR_DB = "vector_db"
    OBJECT_STORAGE = "object_storage"
    API_GATEWAY = "api_gateway"
    INFERENCE_SERVER = "inference_server"
    CI_CD = "ci_cd"
    EXPERIMENT_TRACKING = "experiment_tracking"
    MONITORING = "monitoring"
    WORKFLOW = "workflow"
    DATABASE = "database"
    CACHE = "cache"
    MESSAGING = "messaging"
    SECRETS = "secrets"
    NOTEBOOK = "notebook"
    FEATURE_STORE = "feature_store"
    DISTRIBUTED_TRAINING = "distributed_training"
    LOGGING = "logging"
    REGISTRY = "registry"


class Origin(BaseModel):
    """How a field was set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["explicit", "implied"]
    turn: Annotated[int, Field(ge=1)]
    """Number of the user's turn, from 1."""
    words: str
    """The user's own words that set it, as they stood."""


Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]
Names = tuple[str, ...]


class WorkloadSpec(BaseModel):
    """What the user wants to run. None or an empty tuple means: not said (never a default)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task_type: TaskType | None = None
    domain: Domain | None = None
    model_task: str | None = None
    """A Hub pipeline tag, such as text-generation."""
    models: Names = ()
    """Model names as the user means them, lower case, such as "llama 3.1 70b"."""
    model_params_b: Positive | None = None
    """Total parameters in billions."""
    dataset_size_gb: Positive | None = None
    """Decimal gigabytes (10^9 bytes)."""
    dataset_items: Count | None = None
    dataset_modality: Modality | None = None
    gpu_needed: bool | None = None
    gpu_models: Names = ()
    """Wanted GPU types by catalogue name, such as A100-80GB."""
    gpu_models_excluded: Names = ()
    gpu_count_min: Count | None = None
    """GPUs over all nodes."""
    vram_gb_min_per_gpu: Positive | None = None
    vram_gb_min_total: Positive | None = None
    budget_usd_hour: Positive | None = None
    budget_usd_month: Positive | None = None
    budget_usd_total: Positive | None = None
    budget_currency: str | None = None
    """ISO 4217 code of a budget that is not in USD; then the USD fields are unset."""
    budget_amount: Positive | None = None
    budget_period: BudgetPeriod | None = None
    providers: Names = ()
    """Provider ids, such as aws, gcp, azure, oci, lambda, runpod."""
    providers_excluded: Names = ()
    regions: Names = ()
    """Provider region ids, such as eu-central-1."""
    geos: Names = ()
    """US, EU, UK, APAC, CA, IN, JP, AU, ME, LATAM, AF or a country's name in lower case."""
    spot_ok: bool | None = None
    concurrency: Count | None = None
    """Requests in flight at the same time."""
    requests_per_second: Positive | None = None
    tokens_per_second: Positive | None = None
    latency_ms_p95: Positive | None = None
    context_tokens: Count | None = None
    precision: str | None = None
    """fp32, bf16, fp16, fp8, int8, int4, fp4, awq, gptq or a GGUF type."""
    license: str | None = None
    """commercial_ok, open_source or a licence id."""
    components: Names = ()
    """Software named and wanted, such as mlflow."""
    component_roles: tuple[ComponentRole, ...] = ()
    compliance: Names = ()
    """Regimes, such as gdpr, hipaa, iso27001, soc2, pci_dss."""
    deadline_hours: Positive | None = None
    prefers_local_cluster: bool | None = None
    high_availability: bool | None = None

    origins: dict[str, Origin] = Field(default_factory=dict)
    """How each set field was set, by field name."""

    @model_validator(mode="after")
    def _origins_name_fields(self) -> Self:
        unknown = sorted(set(self.origins) - set(FIELD_NAMES))
        if unknown:
            raise ValueError(f"origins of unknown fields: {', '.join(unknown)}")
        return self

    def stated(self) -> dict[str, Any]:
        """Return the fields that are set, by name, in declaration order."""
        return {name: value for name in FIELD_NAMES if (value := getattr(self, name)) not in (None, ())}

    def with_fields(self, changes: dict[str, Any], *, origins: dict[str, Origin] | None = None) -> WorkloadSpec:
        """Return a copy with fields set, or removed where the value is None or empty; origins follow.

        Raises pydantic.ValidationError for a value that a field refuses.
        """
        kept = {k: v for k, v in self.model_dump().items() if k != "origins"}
        merged_origins = {**self.origins, **(origins or {})}
        for name, value in changes.items():
            if value is None or value == () or value == []:
                kept.pop(name, None)
                merged_origins.pop(name, None)
            else:
                kept[name] = value
        return WorkloadSpec(**kept, origins=merged_origins)


FIELD_NAMES: Final = tuple(name for name in WorkloadSpec.model_fields if name != "origins")
LIST_FIELDS: Final = frozenset(n for n, f in WorkloadSpec.model_fields.items() if f.default == ())
