"""The four services as processes of their own, over one database: what a test can ask, stop, kill and start again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.support.folders import open_folder
from tests.support.ports import free_ports

ROOT: Final = Path(__file__).resolve().parents[2]
FULL_NAMES: Final = {
    "compute": "stack8s.compute.v1.ComputeService",
    "models": "stack8s.models.v1.ModelsService",
    "packages": "stack8s.packages.v1.PackagesService",
    "orchestrator": "stack8s.orchestrator.v1.ArchitectService",
}
_START_TIMEOUT_S: Final = 120.0
_STOP_TIMEOUT_S: Final = 30.0
_FOREIGN: Final = ("OPENAI_", "STACK8S_", "PG")
"""Settings of the developer's own that must not reach a test."""


class Service:
    """One process of a service. It keeps its port when it is started again."""

    def __init__(self, name: str, *, environment: dict[str, str], log: Path) -> None:
        self.name, self.log = name, log
        (self.port,) = free_ports(1)
        self.environment = {**environment, f"STACK8S_{name.upper()}_PORT": str(self.port)}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def target(self) -> str:
        """host:port."""
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Id of the process, which must run."""
        assert self._process is not None
        return self._process.pid

    def launch(self, **settings: str) -> None:
        """Start the process without waiting for it. settings: further settings of the service, by name."""
        prefix = f"STACK8S_{self.name.upper()}_"
        given = {n if n.startswith("OPENAI_") else prefix + n.upper(): value for n, value in settings.items()}
        self.environment = {**self.environment, **given}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", f"services.{self.name}"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def ready(self) -> None:
        """Return when the service says that it serves."""
        assert self._process is not None
        deadline = time.monotonic() + _START_TIMEOUT_S
        with grpc.insecure_channel(self.target, options=[("grpc.max_reconnect_backoff_ms", 100)]) as channel:
            health = health_pb2_grpc.HealthStub(channel)
            request = health_pb2.HealthCheckRequest(service=FULL_NAMES[self.name])
            while time.monotonic() < deadline:
                assert self._process.poll() is None, self.log.read_text()
                try:
                    if health.Check(request, timeout=1).status == health_pb2.HealthCheckResponse.SERVING:
                        return
                except grpc.RpcError:
                    time.sleep(0.05)
        raise AssertionError(f"{self.name} does not serve:\n{self.log.read_text()}")

    def start(self, **settings: str) -> None:
        """Start the process and return when it serves."""
        self.launch(**settings)
        self.ready()

    def wait(self) -> int:
        """Return the exit code of a process that ends by itself."""
        assert self._process is not None
        return self._process.wait(_STOP_TIMEOUT_S)

    def pause(self) -> None:
        """Stop the process where it stands, as a machine that is out of memory or a pulled cable does."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused process go on."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def end(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End the process, by a power cut unless another signal is given."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(_STOP_TIMEOUT_S)
            self._process = None


class Services:
    """One of each service, and further processes of them on request."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self.database_url = database_url
        self._folder, self._made = folder, list[Service]()
        path = os.pathsep.join((str(ROOT), str(ROOT / "protos" / "gen")))
        own = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        self._environment = {**own, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}
        for name in FULL_NAMES:
            self._environment[f"STACK8S_{name.upper()}_DATABASE_URL"] = database_url
        self.compute, self.models, self.packages = (self.another(name) for name in ("compute", "models", "packages"))
        for catalog in (self.compute, self.models, self.packages):
            self._environment[f"STACK8S_ORCHESTRATOR_{catalog.name.upper()}_TARGET"] = catalog.target
        self.orchestrator = self.another("orchestrator")

    def start(self) -> None:
        """Start one of each and return when all serve."""
        # Vectors that come in the background would change the order of models between two tests.
        self.models.launch(fill="false")
        for service in (self.compute, self.packages, self.orchestrator):
            service.launch()
        for service in (self.compute, self.models, self.packages, self.orchestrator):
            service.ready()

    def another(self, name: str, *, like: Service | None = None) -> Service:
        """Return one more process of a service, not started yet. like: one whose settings it takes."""
        log = self._folder / f"{name}-{len(self._made)}.log"
        service = Service(name, environment=like.environment if like else self._environment, log=log)
        self._made.append(service)
        return service

    def logs(self) -> str:
        """Return all that every process has logged."""
        return "\n".join(service.log.read_text() for service in self._made if service.log.exists())

    def close(self) -> None:
        """End every process."""
        for service in self._made:
            service.end()


@contextmanager
def running_services(database_url: str) -> Iterator[Services]:
    """Yield the four services, serving."""
    with open_folder() as folder:
        services = Services(database_url, folder)
        try:
            services.start()
            yield services
        finally:
            services.close()
