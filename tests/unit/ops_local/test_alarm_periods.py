"""Which data an alarm of the emulator looks at, and how much of it has to be bad."""

from __future__ import annotations

from ops.local.emulator.kindred_emulator.alarm_periods import (
    as_one,
    datapoints_to_alarm,
    periods_of,
)

NOW = 1_000.0
THREE_OF_FIVE = {"Period": 10, "EvaluationPeriods": 5, "DatapointsToAlarm": 3}
TWO_OF_TWO = {"Period": 300, "EvaluationPeriods": 2}


def _at(*seconds_ago: float) -> list[dict[str, float]]:
    return [{"Timestamp": NOW - each, "Value": each} for each in seconds_ago]


def _values(alarm: dict[str, int], *seconds_ago: float) -> list[list[float]]:
    periods = periods_of(alarm, _at(*seconds_ago), now=NOW)
    return [[point["Value"] for point in period] for period in periods]


def test_some_of_several_periods_are_looked_at_one_by_one() -> None:
    assert datapoints_to_alarm(THREE_OF_FIVE) == 3
    assert not as_one(THREE_OF_FIVE)
    assert _values(THREE_OF_FIVE, 1, 9.9, 10, 45) == [[1, 9.9], [10], [45]]


def test_what_is_older_than_the_last_period_is_not_looked_at() -> None:
    assert _values(THREE_OF_FIVE, 49.9, 50) == [[49.9]]
    assert _values(THREE_OF_FIVE, 50) == []


def test_a_moment_after_now_is_of_the_newest_period() -> None:
    assert _values(THREE_OF_FIVE, -0.5, 1) == [[-0.5, 1]]


def test_where_none_may_be_good_all_periods_are_one() -> None:
    assert datapoints_to_alarm(TWO_OF_TWO) == 2
    assert as_one(TWO_OF_TWO)
    assert _values(TWO_OF_TWO, 1, 599, 600) == [[1, 599]]
    assert _values({"Period": 60}, 1, 59, 60) == [[1, 59]]
