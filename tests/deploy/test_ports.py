"""Busy ports are found before anything starts."""

import os
import socket

import pytest

from deploy.local.console import LocalError
from deploy.local.ports import require_free
from tests.support.ports import free_ports


def test_free_ports_pass() -> None:
    assert require_free(dict(zip(("gateway", "compute"), free_ports(2), strict=True))) is None


def test_every_busy_port_is_named_with_its_holder_and_a_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        ports = {"gateway": one.getsockname()[1], "models": two.getsockname()[1], "compute": free_ports(1)[0]}
        with pytest.raises(LocalError) as caught:
            require_free(ports)
    message = str(caught.value)
    assert f"port {ports['gateway']} (gateway) is in use" in message
    assert f"port {ports['models']} (models) is in use" in message
    assert "(compute)" not in message
    assert f"(process {os.getpid()})" in message
    assert "make run STACK8S_GATEWAY_PORT=" in message


def test_a_port_whose_last_connection_still_lingers_counts_as_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            server.accept()[0].close()  # closed by the server first: TIME_WAIT stays on its port
    assert require_free({"gateway": port}) is None
