"""`AWS/SageMaker` metrics of variants, put after each rollout minute. Latencies in microseconds."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ops.local.sagemaker.faults import Faults
from ops.local.sagemaker.invocation import Invocation
from ops.local.sagemaker.names import moment
from ops.local.sagemaker.pace import Pace

NAMESPACE = "AWS/SageMaker"
MOST_VALUES = 150
Datum = dict[str, Any]


@dataclass
class VariantMinute:
    """What came in for one variant in one minute."""

    instances: int = 1
    statuses: Counter[int] = field(default_factory=Counter)
    model_latencies_us: list[float] = field(default_factory=list)
    overhead_latencies_us: list[float] = field(default_factory=list)


class VariantMetrics:
    """Collects invocations, and gives away minutes that are over."""

    def __init__(
        self,
        clock: Callable[[], float],
        pace: Pace,
        faults: Faults,
        put: Callable[[str, Sequence[Datum]], None],
    ) -> None:
        self._clock, self._pace, self._faults, self._put = clock, pace, faults, put
        self._lock = threading.Lock()
        self._minutes: defaultdict[tuple[float, str, str], VariantMinute] = defaultdict(
            VariantMinute
        )

    def record(self, invocation: Invocation) -> None:
        endpoint, variant = invocation.endpoint, invocation.variant
        minute = self._pace.minute_of(self._clock())
        with self._lock:
            held = self._minutes[minute, endpoint.name, variant]
            held.instances = max(invocation.served.current_instances, 1)
            held.statuses[invocation.status // 100] += 1
            held.model_latencies_us.append(invocation.model_latency_us)
            held.overhead_latencies_us.append(invocation.overhead_latency_us)

    def flush(self) -> None:
        """Put every minute that is over, unless a fault holds it back."""
        current = self._pace.minute_of(self._clock())
        with self._lock:
            over = [key for key in self._minutes if key[0] < current]
            taken = {key: self._minutes.pop(key) for key in sorted(over)}
        for (minute, endpoint, variant), held in taken.items():
            if not self._faults.find("missing-metrics", endpoint, variant):
                self._put(NAMESPACE, list(metric_data(minute, endpoint, variant, held)))


def metric_data(minute: float, endpoint: str, variant: str, held: VariantMinute) -> Iterator[Datum]:
    """One minute as MetricDatum, its moment where the minute began."""
    every = {
        "Dimensions": [
            {"Name": "EndpointName", "Value": endpoint},
            {"Name": "VariantName", "Value": variant},
        ],
        "Timestamp": moment(minute),
        "StorageResolution": 1,
    }
    count = held.statuses.total()
    counts = {
        "Invocations": (1.0, count),
        "InvocationsPerInstance": (1.0 / held.instances, count),
    }
    for name, values in counts.items():
        yield {**every, "MetricName": name, "Unit": "None", "Values": [values[0]],
               "Counts": [float(values[1])]}  # fmt: skip
    for name, kinds in (
        ("Invocation4XXErrors", (4,)),
        ("Invocation5XXErrors", (5,)),
        ("InvocationModelErrors", (4, 5)),
    ):
        errors = sum(held.statuses[kind] for kind in kinds)
        yield {**every, "MetricName": name, "Unit": "None", **_values([1.0] * errors
               + [0.0] * (count - errors))}  # fmt: skip
    for name, latencies in (
        ("ModelLatency", held.model_latencies_us),
        ("OverheadLatency", held.overhead_latencies_us),
    ):
        for chunk in _chunks(sorted(round(value) for value in latencies)):
            yield {**every, "MetricName": name, "Unit": "Microseconds", **_values(chunk)}


def _values(values: Sequence[float]) -> dict[str, list[float]]:
    counted = Counter(values)
    return {"Values": list(counted), "Counts": [float(count) for count in counted.values()]}


def _chunks(values: Sequence[float]) -> Iterator[Sequence[float]]:
    """As many as one datum may hold."""
    for start in range(0, len(values), MOST_VALUES):
        yield values[start : start + MOST_VALUES]
