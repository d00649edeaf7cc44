"""The block that the run prints when it is ready."""

import os
import platform
import shutil
import sys
from pathlib import Path

from deploy.local.home import Home
from deploy.local.ports import HOST
from deploy.local.settings import LocalSettings
from deploy.local.stack import GRPC_SERVICES

_REQUEST = '{"query": "lung cancer in MRI", "page_size": 3}'
_METHOD = "stack8s.models.v1.ModelsService/SearchModels"


def banner(settings: LocalSettings, home: Home, *, seconds: float, gateway: bool) -> str:
    """Return the block: addresses, two things to try, how to stop."""
    rows = [(f"{name}", f"{HOST}:{settings.ports[name]}", "gRPC") for name in GRPC_SERVICES]
    if gateway:
        rows.insert(0, ("gateway", f"http://{HOST}:{settings.gateway_port}", "gRPC-web and gRPC, to all four"))
    else:
        rows.append(("gateway", "none", f"Envoy has no build for {platform.system()} {platform.machine()}"))
    state = _short(home.root)
    lines = [
        "",
        f"  stack8s AI Architect is ready ({seconds:.1f} s)",
        "",
        *(f"    {name:<14}{address:<24}{what}" for name, address, what in rows),
        f"    {'state':<14}{state}  (logs in {state}/logs)",
        "",
        "  Ask      " + 'make ask Q="I have 2TB of MRI images and want to detect lung cancer"',
        f"  Look     {_grpcurl()} -plaintext -d '{_REQUEST}' {HOST}:{settings.models_port} {_METHOD}",
        "  Stop     Ctrl-C here, or `make stop` in another terminal",
        "",
    ]
    return "\n".join(lines)


def _grpcurl() -> str:
    """Return grpcurl as it can be typed here: ours where its wheel runs, else the user's own."""
    own = Path(sys.prefix) / "bin" / "grpcurl"
    return _short(own) if own.exists() else shutil.which("grpcurl") or "grpcurl"


def _short(path: Path) -> str:
    """Return the path relative to the current folder where it lies below."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)
