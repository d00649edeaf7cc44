"""Free ports for servers that tests start as processes."""

import contextlib
import socket


def free_ports(count: int) -> list[int]:
    """Return different ports that nothing listens on."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [s.getsockname()[1] for s in sockets]
