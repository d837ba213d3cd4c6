"""Reach the local SageMaker, which runs beside the emulator."""

from __future__ import annotations

import http.client
import os
import threading
from collections.abc import Mapping

from ministack.services import lambda_svc

KEY_HEADER = "x-kindred-key"
MINUTE_HEADER = "x-kindred-minute-seconds"
MINUTE_VARIABLE = "ROLLOUT_MINUTE_SECONDS"
AWS_MINUTE_SECONDS = 60.0
# A model may take 60 s.
LONGEST_SECONDS = 70.0
OF_THE_CONNECTION = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "expect", "authorization"}
)

_kept = threading.local()


def send(
    method: str, path: str, headers: Mapping[str, str], body: bytes
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer. Raises OSError and http.client.HTTPException."""
    given = {name: value for name, value in headers.items() if name not in OF_THE_CONNECTION}
    given |= {
        KEY_HEADER: os.environ["KINDRED_SAGEMAKER_KEY"],
        MINUTE_HEADER: str(rollout_minute_seconds()),
    }
    try:
        return _exchange(method, path, given, body)
    except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
        # The server closed a connection that was kept: nothing was done, so once more.
        return _exchange(method, path, given, body)


def rollout_minute_seconds() -> float:
    """How long a minute of a rollout lasts, as the deployed functions are told."""
    for function in list(lambda_svc._functions.values()):
        declared = (function["config"].get("Environment") or {}).get("Variables", {})
        if MINUTE_VARIABLE in declared:
            return float(declared[MINUTE_VARIABLE])
    return AWS_MINUTE_SECONDS


def _exchange(
    method: str, path: str, headers: Mapping[str, str], body: bytes
) -> tuple[int, dict[str, str], bytes]:
    """Over the thread's own connection, which is kept."""
    connection = getattr(_kept, "connection", None)
    if connection is None:
        connection = _kept.connection = http.client.HTTPConnection(
            "127.0.0.1", int(os.environ["KINDRED_SAGEMAKER_PORT"]), timeout=LONGEST_SECONDS
        )
    try:
        connection.request(method, path, body=body, headers=dict(headers))
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    except (OSError, http.client.HTTPException):
        connection.close()
        _kept.connection = None
        raise
