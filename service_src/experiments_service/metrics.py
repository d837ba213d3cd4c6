"""The service's metrics: Prometheus text on request, EMF lines once a minute."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from kindred_service.request_metrics import RequestMetrics

_LATENCY_BUCKETS_MS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000)

COUNTS = {
    "sessions_unavailable": "Uses of a session while Valkey was away",
    "notices_failed": "Slack messages and emails that could not be sent",
    "due_changes_applied": "Scheduled starts, ends and flag steps carried out",
    "due_changes_failed": "Scheduled changes that could not be carried out",
    "events_accepted": "Tracked events that are on the stream",
    "events_rejected": "Tracked events that no experiment takes",
    "events_retry": "Tracked events that the stream did not take",
}
LATENCIES = {
    "management_write_latency": "From reading a definition to the commit of its change",
    "event_stream_put_latency": "Putting the events of one request onto the stream",
}
GAUGES = {
    "definitions_age_seconds": "Since the database was read for what is evaluated by",
}


class ExperimentMetrics:
    """Counts since start for Prometheus, and a minute's values for CloudWatch."""

    def __init__(
        self,
        *,
        namespace: str,
        service: str,
        environment: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._emf = (namespace, service, environment)
        self.registry = CollectorRegistry()
        self._requests = RequestMetrics(
            self.registry, latencies=LATENCIES, buckets_ms=_LATENCY_BUCKETS_MS, clock=clock
        )
        self._counts = {
            name: Counter(name, help_, registry=self.registry) for name, help_ in COUNTS.items()
        }
        self._gauges = {
            name: Gauge(name, help_, registry=self.registry) for name, help_ in GAUGES.items()
        }
        self._start_minute()

    def _start_minute(self) -> None:
        self._minute_counts: defaultdict[str, int] = defaultdict(int)
        self._minute_gauges: dict[str, float] = {}

    def count_request(self, method: str, route: str, status: int, latency_ms: float) -> None:
        self._requests.count(method, route, status, latency_ms)

    def count_unfinished(self) -> None:
        self._requests.count_unfinished()

    def count(self, name: str, amount: int = 1) -> None:
        """`name` is one of COUNTS."""
        self._counts[name].inc(amount)
        self._minute_counts[name] += amount

    def observe_latency(self, name: str, latency_ms: float) -> None:
        """`name` is one of LATENCIES."""
        self._requests.observe(name, latency_ms)

    def set(self, name: str, value: float) -> None:
        """`name` is one of GAUGES."""
        self._gauges[name].set(value)
        self._minute_gauges[name] = value

    def prometheus_text(self) -> bytes:
        return generate_latest(self.registry)

    def close_minute(self) -> None:
        """Print what the time since the last call held as EMF, and start over."""
        namespace, service, environment = self._emf
        emf = EphemeralMetrics(namespace=namespace, service=service)
        emf.add_dimension(name="environment", value=environment)
        for name, value in self._requests.rates().items():
            unit = MetricUnit.CountPerSecond if name.endswith("second") else MetricUnit.Percent
            emf.add_metric(name=name, unit=unit, value=value)
        for name, count in self._minute_counts.items():
            emf.add_metric(name=name, unit=MetricUnit.Count, value=count)
        for name, value in self._minute_gauges.items():
            emf.add_metric(name=name, unit=MetricUnit.NoUnit, value=value)
        self._requests.add_to(emf)
        emf.flush_metrics()
        self._requests.start_minute()
        self._start_minute()
