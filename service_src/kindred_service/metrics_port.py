"""The service's metrics on a port of their own, for a collector that may reach nothing else."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, start_http_server

from kindred_service.settings import InvalidSettings


def serve_metrics(environ: Mapping[str, str], registry: CollectorRegistry) -> int | None:
    """On a thread, until the process ends. The port: METRICS_PORT, or any free one for 0.

    None without the variable. Raises InvalidSettings for what is no port, OSError for one taken.
    """
    given = environ.get("METRICS_PORT")
    if given is None:
        return None
    if not given.isdecimal() or int(given) > 65_535:
        raise InvalidSettings(f"METRICS_PORT: given {given!r}, allowed 0 to 65535")
    # A container's address is not known to it; what may reach it is the security group's say.
    server, _ = start_http_server(
        int(given),
        environ.get("HOST", "0.0.0.0"),  # noqa: S104
        registry,
    )
    return server.server_port
