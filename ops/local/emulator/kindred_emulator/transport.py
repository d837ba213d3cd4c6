"""Calls count as encrypted in transit: loopback stands in for TLS.

Bucket policies of the templates refuse calls that are not, and the emulator's endpoint is HTTP.
"""

from __future__ import annotations

from ministack import app as emulator


def install() -> None:
    """`aws:SecureTransport` is true in every policy decision."""
    pin = emulator.pin_request_origin
    emulator.pin_request_origin = lambda source_ip, _: pin(source_ip, True)
