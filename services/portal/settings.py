"""Settings of the gateway."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

Port = Annotated[int, Field(ge=1, le=65535)]
Address = Annotated[str, Field(pattern=r"^[\w.-]+:\d{1,5}$", description="host:port")]


class PortalSettings(BaseSettings):
    """Where Envoy listens, for whom, and where it finds the services."""

    model_config = SettingsConfigDict(env_prefix="STACK8S_GATEWAY_", frozen=True)

    host: str = "127.0.0.1"
    port: Port = 8080
    allowed_origin_pattern: str = r"https?://(localhost|127\.0\.0\.1)(:\d+)?"
    """Regular expression that the whole origin of a web page must match to be let in (CORS)."""
    orchestrator: Address = "127.0.0.1:50050"
    compute: Address = "127.0.0.1:50051"
    models: Address = "127.0.0.1:50052"
    packages: Address = "127.0.0.1:50053"
