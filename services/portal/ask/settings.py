"""What `make ask` was told, and where the running stack is."""

import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from libs.errors import UnavailableError

Format = Annotated[Literal["markdown", "json"], BeforeValidator(lambda value: str(value).strip().lower() or "markdown")]


class AskSettings(BaseSettings):
    """One question to the product; the words come through the environment, so that no shell reads them."""

    model_config = SettingsConfigDict(env_prefix="STACK8S_ASK_", frozen=True, extra="ignore")

    text: str = ""
    conversation: str = ""
    """Id of the conversation to go on with; empty begins one."""
    format: Format = "markdown"
    timeout_s: Annotated[float, Field(gt=0)] = 600.0
    """How long one turn may take."""


class StackSettings(BaseSettings):
    """Where the stack runs: its port when given, else what the run recorded in its state folder."""

    model_config = SettingsConfigDict(env_prefix="STACK8S_", frozen=True, extra="ignore")

    home: Path = Path(".stack8s")
    orchestrator_port: Annotated[int, Field(ge=1, le=65535)] | None = None

    @property
    def target(self) -> str:
        """Return host:port of the orchestrator. Raises UnavailableError when nothing runs."""
        port = self.orchestrator_port or self._recorded_port()
        if port is None:
            raise UnavailableError(f"nothing runs in {self.home}: start it with `make run` in another terminal")
        return f"127.0.0.1:{port}"

    def _recorded_port(self) -> int | None:
        try:
            run = json.loads((self.home / "run.json").read_text())
            return int(run["ports"]["orchestrator"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
