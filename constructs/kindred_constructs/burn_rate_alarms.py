"""Alarms on how fast an objective's error budget burns: over a long window, and still now."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from kindred_constructs.operator_alarm import OperatorAlarm, OperatorCompositeAlarm, Severity
from kindred_constructs.service_level_objective import ServiceLevelObjective

_RUNBOOK = "error-budget"
# Of bad requests in a long window: with less, nobody can tell a fault from chance.
_FEWEST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """`factor` times the rate that would use the budget up in its 30 days."""

    name: str
    factor: float
    long: cdk.Duration
    short: cdk.Duration
    severity: Severity


# Source: Google, The Site Reliability Workbook, chapter 5: 2 % of the budget in an hour, 5 % in
# six, 10 % in three days.
PACES = (
    Pace(
        name="Fast",
        factor=14.4,
        long=cdk.Duration.hours(1),
        short=cdk.Duration.minutes(5),
        severity=Severity.CRITICAL,
    ),
    Pace(
        name="Steady",
        factor=6,
        long=cdk.Duration.hours(6),
        short=cdk.Duration.minutes(30),
        severity=Severity.CRITICAL,
    ),
    Pace(
        name="Slow",
        factor=1,
        long=cdk.Duration.days(3),
        short=cdk.Duration.hours(6),
        severity=Severity.WARNING,
    ),
)


class BurnRateAlarms(Construct):
    """The long window says that it matters, the short one that it has not ended."""

    def __init__(
        self, scope: Construct, construct_id: str, *, objective: ServiceLevelObjective
    ) -> None:
        super().__init__(scope, construct_id)
        self._objective = objective
        self.alarms = tuple(self._composite(pace) for pace in PACES)

    def _composite(self, pace: Pace) -> OperatorCompositeAlarm:
        name = self._objective.name
        long = self._window(
            f"{pace.name}Long", pace, self._objective.burn_rate(pace.long, fewest=_FEWEST)
        )
        short = self._window(
            f"{pace.name}Short", pace, self._objective.burn_rate(pace.short, fewest=1)
        )
        return OperatorCompositeAlarm(
            self,
            pace.name,
            happened=(
                f"The budget of {name} burns {pace.factor:g} times as fast as allowed, over "
                f"{pace.long.to_human_string()} and the last {pace.short.to_human_string()}"
            ),
            runbook=_RUNBOOK,
            severity=pace.severity,
            rule=cloudwatch.AlarmRule.all_of(
                *(
                    cloudwatch.AlarmRule.from_alarm(each, cloudwatch.AlarmState.ALARM)
                    for each in (long, short)
                )
            ),
        )

    def _window(
        self, construct_id: str, pace: Pace, rate: cloudwatch.MathExpression
    ) -> OperatorAlarm:
        """It tells nobody: the composite does."""
        return OperatorAlarm(
            self,
            construct_id,
            happened=f"{rate.label or self._objective.name} is above {pace.factor:g}",
            runbook=_RUNBOOK,
            severity=pace.severity,
            metric=rate,
            threshold=pace.factor,
        )
