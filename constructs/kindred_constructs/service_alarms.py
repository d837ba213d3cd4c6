"""Alarms on one service: errors, slow answers, a cold cache, and nobody there to answer."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from constructs import Construct

from kindred_constructs.canary_route import CanaryRoute
from kindred_constructs.fargate_service import FargateService
from kindred_constructs.measured import measured
from kindred_constructs.operator_alarm import OperatorAlarm, Severity

ERRORS_PERCENT, LATENCY_MS, CACHE_HITS_PERCENT = 5, 500, 80


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedService:
    """`package` is its name in its metrics, `latency` what it is judged by, `parts` what else.

    A service that `embeds` answers from embeddings, whose vectors are cached; one that hears
    `outcomes` knows which of its answers were clicked, in which arm, and what they earned.
    """

    package: str
    environment: str
    latency: str
    parts: tuple[str, ...]
    embeds: bool
    outcomes: bool
    route: CanaryRoute
    service: FargateService

    @property
    def title(self) -> str:
        return self.package.removesuffix("_service").title()

    def metric(self, name: str, statistic: str, *, minutes: int = 1) -> cloudwatch.Metric:
        return measured(
            name,
            service=self.package,
            environment=self.environment,
            statistic=statistic,
            minutes=minutes,
        )


class ServiceAlarms(Construct):
    """Errors ask for two tasks more, slow answers for one: most often there are too few."""

    def __init__(self, scope: Construct, construct_id: str, *, service: WatchedService) -> None:
        super().__init__(scope, construct_id)
        self._service = service
        errors, latency = self._errors(), self._latency()
        _scale(errors, service.service.scaling.more_tasks("MoreForErrors", 2))
        _scale(latency, service.service.scaling.more_tasks("MoreForLatency", 1))
        self.cache_hits = self._cache_hits() if service.embeds else None
        found = (errors, latency, self._nobody(), self.cache_hits)
        self.alarms = tuple(alarm for alarm in found if alarm)

    def _errors(self) -> OperatorAlarm:
        return OperatorAlarm(
            self,
            "HighErrorRate",
            happened=f"{self._service.package} failed more than {ERRORS_PERCENT} % of requests "
            "for 10 minutes",
            runbook="service-errors",
            severity=Severity.CRITICAL,
            metric=self._service.metric("error_rate_5xx", "Average", minutes=5),
            threshold=ERRORS_PERCENT,
            evaluation_periods=2,
        )

    def _latency(self) -> OperatorAlarm:
        return OperatorAlarm(
            self,
            "HighLatency",
            happened=f"p99 of {self._service.latency} in {self._service.package} was above "
            f"{LATENCY_MS} ms for 20 minutes",
            runbook="service-latency",
            severity=Severity.WARNING,
            metric=self._service.metric(self._service.latency, "p99", minutes=10),
            threshold=LATENCY_MS,
            evaluation_periods=2,
        )

    def _cache_hits(self) -> OperatorAlarm:
        return OperatorAlarm(
            self,
            "LowCacheHitRate",
            happened=f"{self._service.package} found less than {CACHE_HITS_PERCENT} % of query "
            "vectors in the cache for 45 minutes",
            runbook="cache-hit-rate",
            severity=Severity.WARNING,
            metric=self._service.metric("embedding_cache_hit_rate", "Average", minutes=15),
            threshold=CACHE_HITS_PERCENT,
            evaluation_periods=3,
            comparison=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
        )

    def _nobody(self) -> OperatorAlarm:
        return OperatorAlarm(
            self,
            "NoHealthyTask",
            happened=f"No task of {self._service.package} has been healthy for 3 minutes",
            runbook="no-healthy-tasks",
            severity=Severity.CRITICAL,
            metric=self._service.route.metric_healthy_tasks(),
            threshold=1,
            evaluation_periods=3,
            comparison=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            # A target group that nobody is registered with says nothing at all.
            missing=cloudwatch.TreatMissingData.BREACHING,
        )


def _scale(alarm: OperatorAlarm, action: autoscaling.StepScalingAction) -> None:
    alarm.add_alarm_action(actions.ApplicationScalingAction(action))
