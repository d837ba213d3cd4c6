"""What every service measures: its requests, and latencies under names of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit
from prometheus_client import CollectorRegistry, Counter, Histogram

# Values kept a minute and metric; beyond it a percentile is of the first ones of the minute.
_VALUES_KEPT = 5_000


class RequestMetrics:
    """`latencies` are names, and what each is from and to."""

    def __init__(
        self,
        registry: CollectorRegistry,
        *,
        latencies: Mapping[str, str],
        buckets_ms: Sequence[float],
        clock: Callable[[], float],
    ) -> None:
        self._clock = clock
        self._requests = Counter(
            "http_requests",
            "Answered requests",
            ["method", "route", "status"],
            registry=registry,
        )
        self._request_latency = Histogram(
            "http_request_latency_ms",
            "From the first byte in to the last byte out",
            ["route"],
            buckets=buckets_ms,
            registry=registry,
        )
        self._latencies = {
            name: Histogram(name, f"{help_}, in ms", buckets=buckets_ms, registry=registry)
            for name, help_ in latencies.items()
        }
        self.start_minute()

    def start_minute(self) -> None:
        self._since = self._clock()
        self._statuses: defaultdict[int, int] = defaultdict(int)
        self._values: defaultdict[str, list[float]] = defaultdict(list)

    def count(self, method: str, route: str, status: int, latency_ms: float) -> None:
        self._requests.labels(method, route, status).inc()
        self._request_latency.labels(route).observe(latency_ms)
        self._statuses[status // 100] += 1

    def observe(self, name: str, latency_ms: float) -> None:
        """`name` is one of the latencies."""
        self._latencies[name].observe(latency_ms)
        if len(self._values[name]) < _VALUES_KEPT:
            self._values[name].append(latency_ms)

    @property
    def requests(self) -> int:
        """Of this minute."""
        return sum(self._statuses.values())

    def rates(self) -> dict[str, float]:
        """Of this minute; shares in percent, and none while there were no requests."""
        requests = self.requests
        rates = {"requests_per_second": requests / max(self._clock() - self._since, 1e-9)}
        if requests:
            rates["error_rate_4xx"] = 100 * self._statuses[4] / requests
            rates["error_rate_5xx"] = 100 * self._statuses[5] / requests
        return rates

    def add_latencies(self, emf: EphemeralMetrics) -> None:
        for name, values in self._values.items():
            for value in values:
                emf.add_metric(name=name, unit=MetricUnit.Milliseconds, value=value)
