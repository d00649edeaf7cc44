"""How the orchestrator is configured, from STACK8S_ORCHESTRATOR_*."""

from __future__ import annotations

from decimal import Decimal
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
    """Bound on the work on a turn, in seconds; waiting for a free slot comes on top."""
    lease_s: Annotated[float, Field(gt=0)] = 6.0
    """How long a turn is left to a process that has died, in seconds."""
    max_running_turns: Annotated[int, Field(ge=1)] = 64
    """Turns worked on at once by this process; further ones wait."""
    crash_at: str = ""
    """For tests of crash safety: the process kills itself at the turn's step of this name."""
    openai_api_key: Annotated[SecretStr | None, Field(validation_alias="OPENAI_API_KEY")] = None
    """Without it, language is understood by rules alone."""
    openai_base_url: Annotated[str | None, Field(validation_alias="OPENAI_BASE_URL")] = None
    openai_model: str = "gpt-4o-mini"
    openai_temperature: Annotated[float, Field(ge=0, le=2)] = 0.1
    llm_answer_s: Annotated[float, Field(gt=0)] = 8.0
    """Bound on each of the model's answers, in seconds; then the rules answer."""
    llm_turn_s: Annotated[float, Field(gt=0)] = 25.0
    """Bound on all the model's answers of a turn, in seconds, well within turn_timeout_s."""
    llm_turn_tokens: Annotated[int, Field(ge=1)] = 100_000
    """Tokens in and out beyond which the model is asked nothing more within a turn."""
    llm_conversation_tokens: Annotated[int, Field(ge=1)] = 2_000_000
    """The same over a conversation; it holds for models whose price is not known, too."""
    llm_conversation_usd: Annotated[Decimal, Field(ge=0)] = Decimal("1.00")
    """Bound on what the model may cost in one conversation, in USD."""
    llm_attempts: Annotated[int, Field(ge=1)] = 3
    llm_breaker_failures: Annotated[int, Field(ge=1)] = 3
    """Failures in a row after which the model is left alone."""
    llm_breaker_pause_s: Annotated[float, Field(gt=0)] = 30.0
