"""Ports of this machine: one that is free, and whether somebody answers there."""

from __future__ import annotations

import http.client
import socket

_PATIENCE_SECONDS = 2


def free_port() -> int:
    """A port where nobody listens now; somebody else may be quicker to take it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int, path: str = "/healthz", *, host: str = "127.0.0.1") -> bool:
    """Whether a web server there says that it is well."""
    connection = http.client.HTTPConnection(host, port, timeout=_PATIENCE_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
