"""How the compute service is configured, from STACK8S_COMPUTE_... variables."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from libs.settings import ServiceSettings

SCHEMA: Final = "compute"


class ComputeSettings(ServiceSettings):
    """Settings of the compute service and of its imports."""

    model_config = SettingsConfigDict(env_prefix="STACK8S_COMPUTE_", frozen=True, extra="ignore")

    port: Annotated[int, Field(ge=0, le=65535)] = 50051
    refresh_interval_s: Annotated[float, Field(gt=0)] = 1.0
    """How often a new snapshot is looked for, in seconds."""
    stale_after_days: Annotated[float, Field(gt=0)] = 30.0
    """Prices older than this are called stale."""
    keep_snapshots: Annotated[int, Field(ge=2)] = 10
    load_starter: bool = True
    """Load the starter catalogue at start."""

    kubeconfig: str = ""
    """Path of a kubeconfig; "in-cluster" uses the pod's service account. Empty: no cluster."""
    kube_context: str = ""
    """Context in the kubeconfig; empty means its current one."""
    cluster_resync_s: Annotated[float, Field(gt=0)] = 300.0
    """How often nodes and pods are listed anew even while watches run, in seconds."""
    prometheus_url: str = ""
    """Prometheus that scrapes DCGM, for utilisation; empty: none."""
    prometheus_token: SecretStr = SecretStr("")
    owned_price_per_gpu_hour: dict[str, Annotated[float, Field(gt=0)]] = {}
    """What an hour of a GPU costs its owner, in USD, by GPU type; "*" stands for every other."""
