"""An alarm looks at its own dimensions alone, and recovers when it says that silence is good.

The emulator puts together every metric of the name, so one variant's errors would sound the alarm
of another, and all periods, so one bad moment would be three of five; and an alarm whose metric
falls silent stays as it is whatever its template says.
"""

from __future__ import annotations

import operator
import time
from typing import Any

from ministack.services import cloudwatch

from .alarm_periods import as_one, datapoints_to_alarm, periods_of

COMPARISONS = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


def install() -> None:
    """In place of the emulator's own, but for comparisons with a band."""
    others = cloudwatch._evaluate_alarm

    def evaluated(alarm: dict[str, Any]) -> None:
        if alarm.get("ComparisonOperator") in COMPARISONS and alarm.get("MetricName"):
            _evaluate(alarm)
        else:
            others(alarm)

    cloudwatch._evaluate_alarm = evaluated


def _evaluate(alarm: dict[str, Any]) -> None:
    dimensions = cloudwatch._dims_from_list(alarm.get("Dimensions") or [])
    key = (alarm["Namespace"], alarm["MetricName"], cloudwatch._dims_key(dimensions))
    points = list(cloudwatch._metrics.get(key) or [])
    periods = periods_of(alarm, points, now=time.time())
    if not periods:
        if alarm.get("TreatMissingData") == "notBreaching" and alarm["StateValue"] == "ALARM":
            _change(alarm, "OK", "no datapoints were received, and missing data is not breaching")
        return
    name = alarm.get("ExtendedStatistic") or alarm.get("Statistic", "Average")
    measured = [
        cloudwatch._stat_value(cloudwatch._calc_stats(period), name, period) for period in periods
    ]
    values = [value for value in measured if value is not None]
    if not values:
        return
    comparison, threshold = alarm["ComparisonOperator"], alarm.get("Threshold", 0)
    breaching = [value for value in values if COMPARISONS[comparison](value, threshold)]
    enough = 1 if as_one(alarm) else datapoints_to_alarm(alarm)
    state = "ALARM" if len(breaching) >= enough else "OK"
    if state != alarm["StateValue"]:
        shown = ", ".join(f"{value:g}" for value in values)
        _change(alarm, state, f"Threshold Crossed: {name} {shown} {comparison} {threshold:g}")


def _change(alarm: dict[str, Any], state: str, reason: str) -> None:
    before = alarm["StateValue"]
    alarm["StateValue"], alarm["StateReason"] = state, reason
    alarm["StateUpdatedTimestamp"] = int(time.time())
    cloudwatch._record_history(alarm["AlarmName"], before, state, reason)
    cloudwatch._dispatch_alarm_actions(alarm, before, state, reason)
    cloudwatch._evaluate_parent_alarms(alarm)
