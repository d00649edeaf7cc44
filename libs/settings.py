"""What every service is configured with, from the environment. Each service has its own frozen subclass."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

POSTGRES_SCHEMES: Final = ("postgresql://", "postgres://")


class ServerSettings(BaseSettings):
    """How a gRPC server listens."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)]
    """0 means any free port."""
    log_level: str = "INFO"
    drain_s: Annotated[float, Field(ge=0)] = 10.0
    """How long calls in progress may go on after SIGTERM, in seconds."""
    unary_timeout_s: Annotated[float, Field(gt=0)] = 60.0
    """Bound on a call that sets no deadline of its own, in seconds."""
    health_interval_s: Annotated[float, Field(gt=0)] = 1.0
    """How often readiness is probed, in seconds."""


class ServiceSettings(ServerSettings):
    """How a service with a database is configured."""

    database_url: SecretStr
    """postgresql://user@host/database; a socket folder goes in ?host=."""

    @field_validator("database_url")
    @classmethod
    def _is_postgres(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(POSTGRES_SCHEMES):
            raise ValueError("must begin with postgresql://, such as postgresql://user@127.0.0.1:5432/stack8s")
        return value
