"""What every service measures: its requests, and latencies under names of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit
from prometheus_client import CollectorRegistry, Counter, Histogram

_DURATION = "request_duration"
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
        self._unfinished = Counter(
            "http_requests_unfinished",
            "Requests whose answer did not go out to its end",
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
        self._started = clock()
        self.start_minute()

    def start_minute(self) -> None:
        self._since = self._clock()
        self._statuses: defaultdict[int, int] = defaultdict(int)
        self._unfinished_now = 0
        self._values: defaultdict[str, list[float]] = defaultdict(list)

    def count(self, method: str, route: str, status: int, latency_ms: float) -> None:
        self._requests.labels(method, route, status).inc()
        self._request_latency.labels(route).observe(latency_ms)
        self._statuses[status // 100] += 1
        self._keep(_DURATION, latency_ms)

    def count_unfinished(self) -> None:
        """Beside the request itself, which is counted too."""
        self._unfinished.inc()
        self._unfinished_now += 1

    def observe(self, name: str, latency_ms: float) -> None:
        """`name` is one of the latencies."""
        self._latencies[name].observe(latency_ms)
        self._keep(name, latency_ms)

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

    def add_to(self, emf: EphemeralMetrics) -> None:
        """Counts of this minute, latencies one by one, and how long the process has been up."""
        for name, count in self._counts().items():
            emf.add_metric(name=name, unit=MetricUnit.Count, value=count)
        uptime = self._clock() - self._started
        emf.add_metric(name="uptime_seconds", unit=MetricUnit.Seconds, value=uptime)
        for name, values in self._values.items():
            for value in values:
                emf.add_metric(name=name, unit=MetricUnit.Milliseconds, value=value)

    def _counts(self) -> dict[str, int]:
        return {
            "request_count": self.requests,
            "requests_unfinished": self._unfinished_now,
            "errors_per_minute": self._statuses[4] + self._statuses[5],
            **{f"responses_{first}xx": self._statuses[first] for first in (2, 4, 5)},
        }

    def _keep(self, name: str, latency_ms: float) -> None:
        if len(self._values[name]) < _VALUES_KEPT:
            self._values[name].append(latency_ms)
