"""Calls count as encrypted in transit: loopback stands in for TLS.

Policies of the templates' buckets and queues refuse calls that are not, and the emulator's endpoint
is HTTP.
"""

from __future__ import annotations

from contextvars import ContextVar

from ministack import app as emulator
from ministack.core import iam_evaluator


def install() -> None:
    """`aws:SecureTransport` is true in every policy decision."""
    pin = emulator.pin_request_origin
    emulator.pin_request_origin = lambda source_ip, _: pin(source_ip, True)
    # What services do by themselves, such as writing a dead letter, is part of nobody's call.
    iam_evaluator._request_origin = ContextVar("origin", default=("127.0.0.1", True))
