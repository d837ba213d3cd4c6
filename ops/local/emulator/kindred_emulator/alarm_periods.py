"""Which data an alarm looks at, a period at a time, and how many of them have to be bad. Pure.

Source: the CloudWatch user guide, "Evaluating an alarm": an alarm goes off when M of the last N
periods are breaching, whatever the others are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Point = Mapping[str, Any]


def periods_of(
    alarm: Mapping[str, Any], points: Sequence[Point], *, now: float
) -> list[list[Point]]:
    """The points of each of the last N periods that has any, newest first; they end with `now`."""
    seconds, count = alarm.get("Period", 60), alarm.get("EvaluationPeriods", 1)
    if as_one(alarm):
        seconds, count = seconds * count, 1
    found: list[list[Point]] = [[] for _ in range(count)]
    for point in points:
        # What is stamped a little later than now is of the newest.
        number = max(int((now - point["Timestamp"]) // seconds), 0)
        if number < count:
            found[number].append(point)
    return [period for period in found if period]


def as_one(alarm: Mapping[str, Any]) -> bool:
    """All periods together, where none of them may be good.

    Nobody waits at a laptop for ten minutes of errors to see an alarm.
    """
    return datapoints_to_alarm(alarm) == int(alarm.get("EvaluationPeriods", 1))


def datapoints_to_alarm(alarm: Mapping[str, Any]) -> int:
    """M; N where the alarm does not say."""
    return int(alarm.get("DatapointsToAlarm") or alarm.get("EvaluationPeriods", 1))
