"""A port that is taken, and what to type then."""

from __future__ import annotations

import socket

import pytest

from ops.local.ports import PortTaken, free_port, require_free


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
