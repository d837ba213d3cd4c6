"""Reads what variants of an endpoint did, minute by minute, and which alarms are on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kindred.rollout.baking import Period
from kindred.rollout.window import Latency, Window

if TYPE_CHECKING:
    from types_boto3_cloudwatch import CloudWatchClient

_MICROSECONDS_PER_MS = 1_000.0
_COUNTS = ("Invocations", "Invocation4XXErrors", "Invocation5XXErrors")
_PERCENTILES = ("p50", "p90", "p99")
_Series = Mapping[datetime, float]


class VariantMetrics:
    """`namespace` is where our own `InferenceLatency` lies, in milliseconds.

    Of it and SageMaker's `ModelLatency`, in microseconds, the slower counts: ours has a request
    only once it was answered, and so none that its caller gave up.
    """

    def __init__(self, client: CloudWatchClient, *, namespace: str) -> None:
        self._client: Any = client
        self._namespace = namespace

    def windows(
        self, endpoint: str, variants: Sequence[str], period: Period
    ) -> dict[str, list[Window]]:
        """Of every whole minute of the period, oldest first. `endpoint` is SageMaker's name."""
        series = self._read(
            [
                query
                for number, variant in enumerate(variants)
                for query in self._queries(f"v{number}", endpoint, variant, period)
            ],
            period,
        )
        starts = [
            period.start + n * period.minute
            for n in range((period.end - period.start) // period.minute)
        ]
        return {
            variant: [_window(f"v{number}", start, series) for start in starts]
            for number, variant in enumerate(variants)
        }

    def in_alarm(self, names: Sequence[str]) -> tuple[str, ...]:
        if not names:
            return ()
        pages = self._client.get_paginator("describe_alarms").paginate(
            AlarmNames=list(names), StateValue="ALARM", AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        return tuple(
            alarm["AlarmName"]
            for page in pages
            for alarm in (*page.get("MetricAlarms", []), *page.get("CompositeAlarms", []))
        )

    def _queries(
        self, variant_id: str, endpoint: str, variant: str, period: Period
    ) -> list[dict[str, Any]]:
        wanted = [
            *(("AWS/SageMaker", name, "Sum") for name in _COUNTS),
            *((self._namespace, "InferenceLatency", stat) for stat in _PERCENTILES),
            *(("AWS/SageMaker", "ModelLatency", stat) for stat in _PERCENTILES),
        ]
        return [
            {
                "Id": f"{variant_id}_{metric}_{stat}".lower(),
                "MetricStat": {
                    "Metric": {
                        "Namespace": namespace,
                        "MetricName": metric,
                        "Dimensions": [
                            {"Name": "EndpointName", "Value": endpoint},
                            {"Name": "VariantName", "Value": variant},
                        ],
                    },
                    "Period": int(period.minute.total_seconds()),
                    "Stat": stat,
                },
            }
            for namespace, metric, stat in wanted
        ]

    def _read(self, queries: list[dict[str, Any]], period: Period) -> dict[str, _Series]:
        """One call for all of them, and its pages, which each bring a part of every series."""
        pages = self._client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries,
            StartTime=period.start,
            EndTime=period.end,
            ScanBy="TimestampAscending",
        )
        series: dict[str, dict[datetime, float]] = defaultdict(dict)
        for page in pages:
            for result in page["MetricDataResults"]:
                series[result["Id"]].update(
                    zip(result["Timestamps"], result["Values"], strict=True)
                )
        return dict(series)


def _window(variant_id: str, start: datetime, series: Mapping[str, _Series]) -> Window:
    def at(metric: str, stat: str) -> float | None:
        return series.get(f"{variant_id}_{metric}_{stat}".lower(), {}).get(start)

    def count(metric: str) -> int:
        return int(at(metric, "Sum") or 0)

    def latency(metric: str, per_ms: float) -> Latency | None:
        p50, p90, p99 = (at(metric, stat) for stat in _PERCENTILES)
        if p50 is None or p90 is None or p99 is None:
            return None
        return Latency(p50_ms=p50 / per_ms, p90_ms=p90 / per_ms, p99_ms=p99 / per_ms)

    return Window(
        started_at=start,
        invocations=count("Invocations"),
        client_errors=count("Invocation4XXErrors"),
        server_errors=count("Invocation5XXErrors"),
        latency=_slower(
            latency("InferenceLatency", 1.0), latency("ModelLatency", _MICROSECONDS_PER_MS)
        ),
    )


def _slower(ours: Latency | None, theirs: Latency | None) -> Latency | None:
    if ours is None or theirs is None:
        return ours or theirs
    return Latency(
        p50_ms=max(ours.p50_ms, theirs.p50_ms),
        p90_ms=max(ours.p90_ms, theirs.p90_ms),
        p99_ms=max(ours.p99_ms, theirs.p99_ms),
    )
