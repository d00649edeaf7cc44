"""What runs: the processes of the product and how they find each other."""

import os
import signal
import sys
from pathlib import Path
from typing import Final

import yaml

from deploy.local.console import LocalError
from deploy.local.home import Home
from deploy.local.ports import HOST
from deploy.local.postgres import Postgres
from deploy.local.probes import grpc_health, http_ok
from deploy.local.process import ProcessSpec
from deploy.local.settings import LocalSettings
from deploy.local.wheels import wheel_file
from services.portal.envoy import HEALTH_PATH, envoy_config
from services.portal.settings import PortalSettings

ROOT: Final = Path(__file__).resolve().parents[2]
GRPC_SERVICES: Final = {
    "orchestrator": "stack8s.orchestrator.v1.ArchitectService",
    "compute": "stack8s.compute.v1.ComputeService",
    "models": "stack8s.models.v1.ModelsService",
    "packages": "stack8s.packages.v1.PackagesService",
}
"""Full name of the gRPC service by process."""


def database_spec(home: Home, postgres: Postgres) -> ProcessSpec:
    """Return the database server. SIGINT is its fast shutdown: clients are cut off, the data is written."""
    return ProcessSpec(
        name="postgres",
        command=postgres.command,
        environment=postgres.environment,
        log=home.logs / "postgres.log",
        probe=postgres.probe,
        account=postgres.account,
        stop_signal=signal.SIGINT,
        folder=Path("/"),
    )


def service_specs(settings: LocalSettings, home: Home, postgres: Postgres) -> list[ProcessSpec]:
    """Return the four services, each on its port and with the addresses of those that it asks."""
    # The user's PG* settings are for the user's own databases.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    environment["PYTHONPATH"] = os.pathsep.join((str(ROOT), str(ROOT / "protos" / "gen")))
    for name in GRPC_SERVICES:
        port = settings.ports[name]
        environment[f"STACK8S_{name.upper()}_PORT"] = str(port)
        environment[f"STACK8S_{name.upper()}_DATABASE_URL"] = postgres.url()
        environment[f"STACK8S_ORCHESTRATOR_{name.upper()}_TARGET"] = f"{HOST}:{port}"
    return [
        ProcessSpec(
            name=name,
            command=[sys.executable, "-m", f"services.{name}"],
            environment=environment,
            log=home.logs / f"{name}.log",
            probe=grpc_health(settings.ports[name], service),
            folder=ROOT,
        )
        for name, service in GRPC_SERVICES.items()
    ]


def gateway_spec(settings: LocalSettings, home: Home) -> ProcessSpec | None:
    """Return Envoy with its generated configuration; none on a machine that its wheel is not made for."""
    envoy = wheel_file("envoy", "_bin", "envoy")
    if envoy is None:
        return None
    portal = PortalSettings(
        port=settings.gateway_port,
        orchestrator=f"{HOST}:{settings.orchestrator_port}",
        compute=f"{HOST}:{settings.compute_port}",
        models=f"{HOST}:{settings.models_port}",
        packages=f"{HOST}:{settings.packages_port}",
    )
    try:
        home.envoy_config.write_text(yaml.safe_dump(envoy_config(portal), sort_keys=False))
    except OSError as error:
        raise LocalError(f"cannot write {home.envoy_config}: {error.strerror}") from None
    command = [str(envoy), "--config-path", str(home.envoy_config)]
    return ProcessSpec(
        name="gateway",
        command=[*command, "--concurrency", "2", "--disable-hot-restart", "--log-level", "warning"],
        environment=dict(os.environ),
        log=home.logs / "gateway.log",
        probe=http_ok(settings.gateway_port, HEALTH_PATH),
        folder=ROOT,
    )
