"""Alarms that somebody is told of: how urgent it is, and the page that says what to do."""

from __future__ import annotations

from enum import StrEnum

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

RUNBOOKS = "docs/runbooks"


class Severity(StrEnum):
    """Critical wakes somebody, warning is read in working hours, information is kept."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFORMATION = "information"


class OperatorAlarm(cloudwatch.Alarm):
    """`runbook` is a file of docs/runbooks without its ending; a test finds it.

    Data that is missing says nothing is wrong, unless `missing` says otherwise.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        happened: str,
        runbook: str,
        severity: Severity,
        metric: cloudwatch.IMetric,
        threshold: float,
        evaluation_periods: int = 1,
        datapoints_to_alarm: int | None = None,
        comparison: cloudwatch.ComparisonOperator = (
            cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD
        ),
        missing: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            alarm_description=describe(happened, severity=severity, runbook=runbook),
            metric=metric,
            threshold=threshold,
            evaluation_periods=evaluation_periods,
            datapoints_to_alarm=datapoints_to_alarm,
            comparison_operator=comparison,
            treat_missing_data=missing,
        )
        self.severity = severity


def describe(happened: str, *, severity: Severity, runbook: str) -> str:
    """What a notice says: it ends in the page to open."""
    return f"{happened}. Severity: {severity}. Runbook: {RUNBOOKS}/{runbook}.md"


class OperatorCompositeAlarm(cloudwatch.CompositeAlarm):
    """Of other alarms, which themselves tell nobody."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        happened: str,
        runbook: str,
        severity: Severity,
        rule: cloudwatch.IAlarmRule,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            alarm_description=describe(happened, severity=severity, runbook=runbook),
            alarm_rule=rule,
        )
        self.severity = severity


class OperatorAnomalyAlarm(cloudwatch.AnomalyDetectionAlarm):
    """Outside the band that CloudWatch expects, which is `deviations` wide on both sides."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        happened: str,
        runbook: str,
        severity: Severity,
        metric: cloudwatch.IMetric,
        deviations: float,
        evaluation_periods: int,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            alarm_description=describe(happened, severity=severity, runbook=runbook),
            metric=metric,
            std_devs=deviations,
            evaluation_periods=evaluation_periods,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        self.severity = severity


AnyOperatorAlarm = OperatorAlarm | OperatorCompositeAlarm | OperatorAnomalyAlarm
