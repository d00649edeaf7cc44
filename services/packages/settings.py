"""How the packages service is configured: STACK8S_PACKAGES_* in the environment."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from libs.settings import ServiceSettings


class PackagesSettings(ServiceSettings):
    """Settings of the packages service."""

    model_config = SettingsConfigDict(env_prefix="STACK8S_PACKAGES_", frozen=True, extra="ignore")

    port: Annotated[int, Field(ge=0, le=65535)] = 50053
    refresh_interval_s: Annotated[float, Field(gt=0)] = 15.0
    """How often a new snapshot is looked for, in seconds."""
    stale_after_days: Annotated[float, Field(gt=0)] = 120.0
    """Age from which a source counts as stale, in days."""
