"""Traces as X-Ray sees them: who is part of one, and what AWS's own services tell of their part."""

from __future__ import annotations

import contextlib
import contextvars
import json
import os
import secrets
import socket
import time
from dataclasses import dataclass
from functools import cache
from typing import Any


@dataclass(frozen=True, slots=True)
class Trace:
    """`root` is X-Ray's name of a trace, `1-<8 digits>-<24 digits>`; `span` what goes on in it."""

    root: str
    span: str
    sampled: bool

    @property
    def header(self) -> str:
        return f"Root={self.root};Parent={self.span};Sampled={self.sampled:d}"

    def child(self) -> Trace:
        return Trace(self.root, secrets.token_hex(8), self.sampled)


# What the call that is being handled is part of.
current: contextvars.ContextVar[Trace | None] = contextvars.ContextVar(
    "kindred_trace", default=None
)


def new_trace(*, sampled: bool) -> Trace:
    """Begun now, which is the first part of its name."""
    root = f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"
    return Trace(root, secrets.token_hex(8), sampled)


def tell(
    trace: Trace, *, parent: Trace | None, name: str, started: float, **described: Any
) -> None:
    """Of a piece of work that ends now, to whatever keeps traces here; lost if nothing does."""
    if not trace.sampled:
        return
    document = {
        "trace_id": trace.root,
        "id": trace.span,
        **({"parent_id": parent.span} if parent else {}),
        "name": name,
        "start_time": started,
        "end_time": time.time(),
        **described,
    }
    header = b'{"format": "json", "version": 1}\n'
    with contextlib.suppress(OSError):
        _socket().sendto(header + json.dumps(document).encode(), daemon())


def daemon() -> tuple[str, int]:
    return "127.0.0.1", int(os.environ["KINDRED_TRACES_PORT"])


@cache
def _socket() -> socket.socket:
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
