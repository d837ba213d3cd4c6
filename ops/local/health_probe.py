"""Ask a process whether it may get requests."""

from __future__ import annotations

import http.client

from ops.local.settings import LOOPBACK


def answers(port: int, path: str, *, timeout_seconds: float) -> bool:
    """True when the path answers 200 in time."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=timeout_seconds)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
