"""A port that is taken, and what to type then."""

from __future__ import annotations

import socket
from dataclasses import fields

import pytest

from ops.local.ports import PortTaken, free_port, require_free
from ops.local.settings import PORT_PURPOSES, LocalSettings


def test_a_port_in_use_is_named_with_what_moves_it() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]

        with pytest.raises(PortTaken) as taken:
            require_free({"the start page": ("start_port", port)})

    assert f"port {port}, wanted for the start page, is in use by" in str(taken.value)
    assert "--start-port" in str(taken.value)
    assert f"KINDRED_START_PORT={port + 1} make up" in str(taken.value)


def test_free_ports_are_no_problem() -> None:
    require_free({"the cache": ("cache_port", free_port())})


def test_every_port_of_a_platform_is_known_with_its_purpose() -> None:
    ports = {field.name for field in fields(LocalSettings) if field.name.endswith("_port")}

    assert set(PORT_PURPOSES) == ports
