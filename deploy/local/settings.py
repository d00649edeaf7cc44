"""Settings of the embedded run, from the environment; `make run NAME=value` sets them too."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from deploy.local.console import LocalError

Port = Annotated[int, Field(ge=1, le=65535)]
SERVICES = ("orchestrator", "compute", "models", "packages")


class LocalSettings(BaseSettings):
    """Where the run keeps its state and on which ports it listens (127.0.0.1 only)."""

    model_config = SettingsConfigDict(env_prefix="STACK8S_", frozen=True, extra="ignore")

    home: Path = Path(".stack8s")
    """Folder of all state: database, logs, generated configuration."""
    gateway_port: Port = 8080
    orchestrator_port: Port = 50050
    compute_port: Port = 50051
    models_port: Port = 50052
    packages_port: Port = 50053
    start_timeout_s: Annotated[float, Field(gt=0)] = 180.0
    """How long one process may take to become ready; the first run also loads the starter catalogues."""
    stop_timeout_s: Annotated[float, Field(gt=0)] = 15.0
    """How long a process may take to stop before it is killed."""
    stop_with_parent: bool = False
    """Stop when the parent process (make) is gone, however it went."""

    @property
    def ports(self) -> dict[str, int]:
        """Port by name of the process that listens there, gateway first."""
        return {name: getattr(self, f"{name}_port") for name in ("gateway", *SERVICES)}

    @model_validator(mode="after")
    def _ports_differ(self) -> Self:
        by_port: dict[int, list[str]] = {}
        for name, port in self.ports.items():
            by_port.setdefault(port, []).append(name)
        clashes = [f"{' and '.join(names)} both use port {port}" for port, names in by_port.items() if len(names) > 1]
        if clashes:
            raise ValueError("; ".join(clashes) + ": give each its own")
        return self


def load_settings() -> LocalSettings:
    """Read the settings. Raises LocalError naming every wrong one by its environment variable."""
    try:
        return LocalSettings()
    except ValidationError as error:
        raise LocalError(
            "; ".join(_problem(str(item["loc"][0]) if item["loc"] else "", item) for item in error.errors())
        ) from None


def _problem(field: str, item: object) -> str:
    details = item if isinstance(item, dict) else {}
    message = str(details.get("msg", "")).removeprefix("Value error, ")
    return f"STACK8S_{field.upper()}={details.get('input')}: {message}" if field else message
