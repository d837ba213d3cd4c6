"""Ports of this machine: which are free, and who holds one that is not."""

from __future__ import annotations

import socket
from collections.abc import Mapping

import psutil

from ops.local.settings import LOOPBACK


class PortTaken(Exception):
    """A port that the platform needs belongs to another process."""


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def require_free(wanted: Mapping[str, tuple[str, int]]) -> None:
    """Raises PortTaken, which names who holds the port, and the option and variable that move it.

    `wanted` gives for each purpose the setting's name, such as `cache_port`, and its port.
    """
    problems = [
        f"port {port}, wanted for {purpose}, is in use by {_holder(port)}: end that process, or "
        f"choose another port with --{setting.replace('_', '-')} or the variable "
        f"KINDRED_{setting.upper()}, as in: KINDRED_{setting.upper()}={port + 1} make up"
        for purpose, (setting, port) in wanted.items()
        if not _is_free(port)
    ]
    if problems:
        raise PortTaken("\n".join(problems))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _holder(port: int) -> str:
    try:
        for connection in psutil.net_connections(kind="tcp"):
            listens = connection.status == psutil.CONN_LISTEN and connection.pid
            if listens and tuple(connection.laddr)[1:] == (port,):
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        # Other users' processes cannot be looked at on every system.
        return "another process"
    return "another process"
