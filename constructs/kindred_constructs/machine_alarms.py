"""Alarms over a state machine's own ends: a run that failed, took too long or was stopped."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from kindred_constructs.operator_alarm import OperatorAlarm, Severity

_PERIOD = cdk.Duration.minutes(5)


class MachineAlarms(Construct):
    """The machine's notices tell what its states catch; nothing of it can tell that it ended."""

    def __init__(self, scope: Construct, construct_id: str, *, machine: sfn.StateMachine) -> None:
        super().__init__(scope, construct_id)
        self.alarms = (
            self._alarm("Failed", machine.metric_failed(period=_PERIOD), "failed"),
            self._alarm("TimedOut", machine.metric_timed_out(period=_PERIOD), "took too long"),
            self._alarm("Aborted", machine.metric_aborted(period=_PERIOD), "was stopped"),
        )

    def _alarm(self, construct_id: str, metric: cloudwatch.Metric, happened: str) -> OperatorAlarm:
        return OperatorAlarm(
            self,
            construct_id,
            happened=f"A run of retraining {happened}",
            runbook="retraining-run",
            severity=Severity.WARNING,
            metric=metric,
            threshold=1,
            comparison=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        )
