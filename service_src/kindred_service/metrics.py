"""The service's metrics: Prometheus text on request, EMF lines once a minute."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from kindred.experiments.arm_metrics import Outcome
from kindred.experiments.bucketing import Arm
from kindred.similarity.versions import number_of
from kindred_service.request_metrics import RequestMetrics

_LATENCY_BUCKETS_MS = (1, 2, 5, 10, 20, 50, 100, 200, 300, 500, 1_000, 2_000, 5_000)
# Values kept a minute and metric; beyond it a percentile is of the first ones of the minute.
_VALUES_KEPT = 5_000
LATENCIES = {
    "similarity_search_latency": "From a query to its neighbours",
    "prediction_latency": "From a query to its prediction",
    "ab_test_assignment_latency": "From a unit to its arm",
}


class ServiceMetrics:
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
        self._rates = {
            name: Gauge(name, help_, registry=self.registry)
            for name, help_ in (
                ("requests_per_second", "Requests a second over the last minute"),
                ("error_rate_4xx", "Percent of the last minute's requests answered 4xx"),
                ("error_rate_5xx", "Percent of the last minute's requests answered 5xx"),
                ("embedding_cache_hit_rate", "Percent of query vectors that were not computed"),
                ("revenue", "US dollars of conversions, last minute"),
                ("revenue_per_request", "US dollars of conversions a request, last minute"),
                ("user_satisfaction_score", "Mean satisfaction, 1 to 5, last minute with any"),
            )
        }
        self._by_arm = {
            "impressions_by_arm": Gauge(
                "impressions_by_arm", "Answers, last minute", ["arm"], registry=self.registry
            ),
            "ctr_by_arm": Gauge(
                "ctr_by_arm", "Clicks an impression", ["arm"], registry=self.registry
            ),
            "prediction_accuracy_mae": Gauge(
                "prediction_accuracy_mae", "Mean absolute error", ["arm"], registry=self.registry
            ),
        }
        self.dropped = Counter(
            "records_dropped", "Records lost to a full buffer", ["kind"], registry=self.registry
        )
        self._start_minute()

    def _start_minute(self) -> None:
        self._vectors = [0, 0]
        self._impressions: defaultdict[Arm, int] = defaultdict(int)
        self._outcomes: defaultdict[tuple[str, Arm], list[float]] = defaultdict(list)

    def count_request(self, method: str, route: str, status: int, latency_ms: float) -> None:
        self._requests.count(method, route, status, latency_ms)

    def count_unfinished(self) -> None:
        self._requests.count_unfinished()

    def observe_latency(self, name: str, latency_ms: float) -> None:
        """`name` is one of LATENCIES."""
        self._requests.observe(name, latency_ms)

    def count_vector(self, *, computed: bool) -> None:
        self._vectors[computed] += 1

    def count_impression(self, arm: Arm) -> None:
        self._impressions[arm] += 1

    def count_outcome(self, outcome: Outcome) -> None:
        values = self._outcomes[outcome.kind, outcome.arm]
        if len(values) < _VALUES_KEPT:
            values.append(outcome.value)

    def prometheus_text(self) -> bytes:
        return generate_latest(self.registry)

    def close_minute(self) -> None:
        """Set the rates of the time since the last call, print them as EMF, start over."""
        emf = self._new_emf()
        for name, value in self._minute_rates().items():
            self._rates[name].set(value)
            emf.add_metric(name=name, unit=_UNITS.get(name, MetricUnit.Percent), value=value)
        self._requests.add_to(emf)
        emf.flush_metrics()
        self._print_arms()
        self._requests.start_minute()
        self._start_minute()

    def _minute_rates(self) -> dict[str, float]:
        rates = self._requests.rates()
        if requests := self._requests.requests:
            rates["revenue"] = sum(self._values("conversion"))
            rates["revenue_per_request"] = rates["revenue"] / requests
        if sum(self._vectors):
            rates["embedding_cache_hit_rate"] = 100 * self._vectors[False] / sum(self._vectors)
        if ratings := self._values("satisfaction"):
            rates["user_satisfaction_score"] = sum(ratings) / len(ratings)
        return rates

    def _values(self, kind: str) -> list[float]:
        """Of every arm."""
        return [value for (of, _), kept in self._outcomes.items() if of == kind for value in kept]

    def _print_arms(self) -> None:
        seen = {*self._impressions, *(arm for _, arm in self._outcomes)}
        for arm in sorted(seen, key=number_of):
            values: dict[str, float] = {}
            if impressions := self._impressions[arm]:
                values["impressions_by_arm"] = impressions
                values["ctr_by_arm"] = len(self._outcomes["click", arm]) / impressions
            if errors := self._outcomes["performance", arm]:
                values["prediction_accuracy_mae"] = sum(errors) / len(errors)
            if not values:
                continue
            emf = self._new_emf(arm=arm)
            for name, value in values.items():
                self._by_arm[name].labels(arm).set(value)
                emf.add_metric(name=name, unit=MetricUnit.NoUnit, value=value)
            emf.flush_metrics()

    def _new_emf(self, **dimensions: str) -> EphemeralMetrics:
        namespace, service, environment = self._emf
        emf = EphemeralMetrics(namespace=namespace, service=service)
        emf.add_dimension(name="environment", value=environment)
        for name, value in dimensions.items():
            emf.add_dimension(name=name, value=value)
        return emf


_UNITS = {
    "requests_per_second": MetricUnit.CountPerSecond,
    "revenue": MetricUnit.NoUnit,
    "revenue_per_request": MetricUnit.NoUnit,
    "user_satisfaction_score": MetricUnit.NoUnit,
}
