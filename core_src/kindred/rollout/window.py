"""What one variant of an endpoint did in one rollout minute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Percentiles over the requests of one window, by nearest rank."""

    p50_ms: float
    p90_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Counts are of requests; client errors are 4XX, server errors 5XX.

    A minute for which nothing was reported is a window without invocations, never a gap.
    `latency` is None where no latency was reported. Errors may be reported sooner than the
    invocations they belong to: more of them than of those count as all of those.
    """

    started_at: datetime
    invocations: int
    client_errors: int
    server_errors: int
    latency: Latency | None
