"""What the models service is configured with: STACK8S_MODELS_* in the environment."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from libs.settings import ServiceSettings


class ModelsSettings(ServiceSettings):
    """How the models service runs."""

    model_config = SettingsConfigDict(env_prefix="STACK8S_MODELS_", frozen=True, extra="ignore")

    port: Annotated[int, Field(ge=0, le=65535)] = 50052
    hub_endpoint: str = "https://huggingface.co"
    """Any server that speaks the Hub's API."""
    hub_token: SecretStr | None = None
    """For higher rate limits and gated repositories; sent to hub_endpoint only."""
    embedding_api_key: SecretStr | None = None
    """Set, with a base URL or without: passages and wishes are embedded by an OpenAI-compatible endpoint as well."""
    embedding_base_url: str | None = None
    embedding_model: str = "text-embedding-3-small"
    embedding_dimension: Annotated[int, Field(ge=8, le=4000)] = 1536
    embedding_threads: Annotated[int, Field(ge=1, le=64)] = 1
    """Threads of the embedded encoder for one wish."""
    load_starter: bool = True
    """Load the project's own starter set when it is new or has changed."""
    fill: bool = True
    """Embed passages that the better space lacks, in the background."""
    fill_interval_s: Annotated[float, Field(gt=0)] = 15.0
    """How often it is looked whether there are any, in seconds."""
    scan_mib: Annotated[int, Field(ge=0)] = 640
    """Vectors that take at most so much memory are compared there, all of them; more are left to the HNSW index."""
    state_max_age_s: Annotated[float, Field(gt=0)] = 5.0
    """After so many seconds the version of the catalogue is looked up again, in seconds."""
