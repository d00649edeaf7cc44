"""How the orchestrator is configured, from STACK8S_ORCHESTRATOR_*."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from libs.settings import ServiceSettings


class OrchestratorSettings(ServiceSettings):
    """Settings of the orchestrator."""

    model_config = SettingsConfigDict(env_prefix="STACK8S_ORCHESTRATOR_", frozen=True, extra="ignore")

    port: Annotated[int, Field(ge=0, le=65535)] = 50050
    compute_target: str = "127.0.0.1:50051"
    models_target: str = "127.0.0.1:50052"
    packages_target: str = "127.0.0.1:50053"
    catalog_timeout_s: Annotated[float, Field(gt=0)] = 10.0
    """Bound on one call to a catalogue, in seconds."""
    turn_timeout_s: Annotated[float, Field(gt=0)] = 60.0
    """Bound on a whole turn, in seconds."""
    lease_s: Annotated[float, Field(gt=0)] = 6.0
    """How long a turn is left to a process that has died, in seconds."""
    max_running_turns: Annotated[int, Field(ge=1)] = 64
    """Turns worked on at once by this process; further ones wait."""
    crash_at: str = ""
    """For tests of crash safety: the process kills itself at the turn's step of this name."""
    openai_api_key: Annotated[SecretStr | None, Field(validation_alias="OPENAI_API_KEY")] = None
    """Without it, language is understood by rules alone."""
    openai_base_url: Annotated[str | None, Field(validation_alias="OPENAI_BASE_URL")] = None
