"""Checks that the ports are free before anything starts."""

import socket
from collections.abc import Mapping

import psutil

from deploy.local.console import LocalError

HOST = "127.0.0.1"


def require_free(ports: Mapping[str, int]) -> None:
    """Raise LocalError naming every port that cannot be had, why (and who holds it, where seen), and what to do."""
    told = [f"port {port} ({name}) {problem}" for name, port in ports.items() if (problem := _problem(port))]
    if told:
        example = next(name for name, port in ports.items() if _problem(port))
        raise LocalError(
            f"{'; '.join(told)}. Stop what listens there, or choose another port: "
            f"make run STACK8S_{example.upper()}_PORT={_spare(set(ports.values()))}"
        )


def _problem(port: int) -> str | None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen(1)
        except PermissionError:
            return "is reserved for root"
        except OSError:
            return f"is in use{_holder(port)}"
    return None


def _spare(taken: set[int]) -> int:
    """Return a free port to suggest."""
    return next(port for port in range(18080, 65536) if port not in taken and _problem(port) is None)


def _holder(port: int) -> str:
    """Return " by NAME (process PID)" for a listener that this user may see."""
    try:
        connections = psutil.net_connections(kind="tcp")
        listening = (c for c in connections if c.status == psutil.CONN_LISTEN and c.pid)
        pid = next(c.pid for c in listening if c.laddr and c.laddr.port == port)
        return f" by {psutil.Process(pid).name()} (process {pid})"
    except (psutil.Error, StopIteration):  # another user's socket
        return ""
