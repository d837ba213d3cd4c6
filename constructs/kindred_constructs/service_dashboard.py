"""One service on a page: traffic, latency, infrastructure, and what its arms and business do."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from kindred_constructs.cache_alarms import node_metrics
from kindred_constructs.dashboard_panels import (
    Panel,
    PanelDashboard,
    gauges,
    heat,
    lines,
    numbers,
    shares,
)
from kindred_constructs.measured import measured_by_arm
from kindred_constructs.service_alarms import LATENCY_MS, WatchedService
from kindred_constructs.valkey_cache import ValkeyCache

_WARM_MS = 300


class ServiceDashboard(Construct):
    """The last two panels are of a service that hears what became of its answers."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        service: WatchedService,
        cache: ValkeyCache,
        cost: cloudwatch.IMetric,
    ) -> None:
        super().__init__(scope, construct_id)
        self._service = service
        of_outcomes = (self._arms(), self._business(cost)) if service.outcomes else ()
        PanelDashboard(
            self,
            "Resource",
            subject=service.title,
            panels=(
                self._traffic(),
                self._latency(),
                self._infrastructure(cache),
                *of_outcomes,
            ),
        )

    def _traffic(self) -> Panel:
        metric = self._service.metric
        third = (
            lines(
                "Cache hit rate",
                [metric("embedding_cache_hit_rate", "Average", minutes=5)],
                unit="%",
            )
            if self._service.embeds
            else lines(
                "Sessions without the cache", [metric("sessions_unavailable", "Sum")], unit=""
            )
        )
        return Panel(
            title="Traffic",
            says="Errors per minute are answers of 400 and above; unfinished requests got none.",
            widgets=(
                lines("Requests a second", [metric("requests_per_second", "Sum")], unit="1/s"),
                lines(
                    "Error rate",
                    [metric("error_rate_4xx", "Average"), metric("error_rate_5xx", "Average")],
                    unit="%",
                    stacked=True,
                ),
                third,
                lines(
                    "Answers by class",
                    [metric(f"responses_{first}xx", "Sum") for first in (2, 4, 5)],
                    unit="a minute",
                    stacked=True,
                ),
                lines(
                    "Requests, errors, unfinished",
                    [
                        metric(name, "Sum")
                        for name in ("request_count", "errors_per_minute", "requests_unfinished")
                    ],
                    unit="a minute",
                ),
                numbers("Shortest time up (s)", [metric("uptime_seconds", "Minimum")]),
            ),
        )

    def _latency(self) -> Panel:
        metric, judged = self._service.metric, self._service.latency
        others = [*self._service.parts, "request_duration"]
        return Panel(
            title="Latency",
            says=f"Judged by `{judged}`: p99 above {LATENCY_MS} ms asks for a task more.",
            widgets=(
                lines(judged, [self._at(judged, level) for level in (50, 95, 99)], unit="ms"),
                lines(
                    "Requests, mean and longest",
                    [metric("request_duration", each) for each in ("Average", "Maximum")],
                    unit="ms",
                ),
                lines(
                    "Parts, p99", [self._at(name, 99) for name in dict.fromkeys(others)], unit="ms"
                ),
                heat(
                    "By hour and percentile (ms)",
                    [self._at(judged, level, minutes=60) for level in (50, 75, 90, 95, 99)],
                    warm=_WARM_MS,
                    hot=LATENCY_MS,
                ),
            ),
        )

    def _at(self, name: str, percentile: int, *, minutes: int = 5) -> cloudwatch.Metric:
        metric = self._service.metric(name, f"p{percentile}", minutes=minutes)
        return metric.with_(label=f"{name} p{percentile}")

    def _infrastructure(self, cache: ValkeyCache) -> Panel:
        running, route = self._service.service.service, self._service.route
        used = [
            running.metric_cpu_utilization(label="CPU"),
            running.metric_memory_utilization(label="memory"),
        ]
        return Panel(
            title="Infrastructure",
            says="A deployment fills the alternate target group before it empties the primary one.",
            widgets=(
                gauges("CPU and memory (%)", used, width=6),
                lines("CPU and memory", used, unit="%", width=6),
                numbers("Healthy hosts", [route.metric_healthy_tasks()], width=6),
                lines(
                    "Connections to the cache",
                    node_metrics(cache, "CurrConnections", "Average"),
                    unit="",
                    width=6,
                ),
                lines(
                    "Target response time, p99",
                    [
                        route.metric(group, "TargetResponseTime", "p99")
                        for group in route.dimensions
                    ],
                    unit="s",
                    width=12,
                ),
                lines(
                    "Connections that failed",
                    [
                        route.metric(group, "TargetConnectionErrorCount", "Sum")
                        for group in route.dimensions
                    ],
                    unit="a minute",
                    width=12,
                ),
            ),
        )

    def _arms(self) -> Panel:
        return Panel(
            title="A/B testing",
            says="Winners are named by the daily decision, never by a curve.",
            widgets=(
                shares(
                    "Traffic split",
                    [self._by_arm("impressions_by_arm", "Sum")],
                    view=cloudwatch.GraphWidgetView.PIE,
                ),
                shares(
                    "Clicks an answer, by arm",
                    [self._by_arm("ctr_by_arm", "Average")],
                    view=cloudwatch.GraphWidgetView.BAR,
                ),
                lines(
                    "Mean absolute error of predictions, by arm",
                    [self._by_arm("prediction_accuracy_mae", "Average")],
                    unit="",
                ),
            ),
        )

    def _by_arm(self, name: str, statistic: str) -> cloudwatch.IMetric:
        return measured_by_arm(
            name,
            service=self._service.package,
            environment=self._service.environment,
            statistic=statistic,
            minutes=5,
        )

    def _business(self, cost: cloudwatch.IMetric) -> Panel:
        metric = self._service.metric
        hourly = metric("revenue", "Sum", minutes=60)
        return Panel(
            title="Business",
            says="Revenue is what conversions were worth; costs are known a day later.",
            widgets=(
                lines("Revenue an hour", [hourly], unit="USD", width=6),
                numbers("Cost of a million requests (USD)", [cost], width=6),
                lines(
                    "Revenue a request",
                    [metric("revenue_per_request", "Average", minutes=60)],
                    unit="USD",
                    width=6,
                ),
                lines(
                    "Satisfaction, 1 to 5",
                    [metric("user_satisfaction_score", "Average", minutes=60)],
                    unit="",
                    width=6,
                ),
            ),
        )
