"""Reads what services measured over whole days, and which alarms began."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from kindred.reporting.daily_summary import DailyFigure
from kindred.stage_names import is_of_stage

if TYPE_CHECKING:
    from types_boto3_cloudwatch import CloudWatchClient

_DAY = timedelta(days=1)
# CloudWatch takes as many queries at once.
_QUERIES = 500


class DailyFigures:
    """`environment` is the value of the dimension by which environments are told apart."""

    def __init__(self, client: CloudWatchClient, *, namespace: str, environment: str) -> None:
        self._client: Any = client
        self._namespace = namespace
        self._environment = environment

    def of_day(self, figures: Sequence[DailyFigure], day: date) -> dict[DailyFigure, float]:
        """Without those that nothing measured that UTC day."""
        return self.of_days(figures, day, day)

    def of_days(
        self, figures: Sequence[DailyFigure], first: date, last: date
    ) -> dict[DailyFigure, float]:
        """The sum of the days' values, from the first to the last, for statistics that add up."""
        queries = [
            {"Id": f"f{number}", "MetricStat": self._metric(each)}
            for number, each in enumerate(figures[:_QUERIES])
        ]
        pages = self._client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries, StartTime=_midnight(first), EndTime=_midnight(last + _DAY)
        )
        found: dict[DailyFigure, float] = {}
        for page in pages:
            for result in page["MetricDataResults"]:
                figure = figures[int(result["Id"][1:])]
                if result["Values"]:
                    found[figure] = found.get(figure, 0.0) + sum(result["Values"])
        return found

    def _metric(self, figure: DailyFigure) -> dict[str, Any]:
        return {
            "Metric": {
                "Namespace": self._namespace,
                "MetricName": figure.metric,
                "Dimensions": [
                    {"Name": "environment", "Value": self._environment},
                    {"Name": "service", "Value": figure.service},
                ],
            },
            "Period": int(_DAY.total_seconds()),
            "Stat": figure.statistic,
        }


class AlarmHistory:
    """`stage` is what the names of an environment's stacks begin with."""

    def __init__(self, client: CloudWatchClient, *, stage: str) -> None:
        self._client: Any = client
        self._stage = stage

    def began(self, day: date) -> dict[str, int]:
        """How often each alarm went off on that UTC day, by its name."""
        return dict(Counter(self._names(day)))

    def _names(self, day: date) -> Iterator[str]:
        pages = self._client.get_paginator("describe_alarm_history").paginate(
            AlarmTypes=["MetricAlarm", "CompositeAlarm"],
            HistoryItemType="StateUpdate",
            StartDate=_midnight(day),
            EndDate=_midnight(day + _DAY),
        )
        for page in pages:
            for item in page["AlarmHistoryItems"]:
                name = item["AlarmName"]
                if is_of_stage(name, self._stage) and _new_state(item["HistoryData"]) == "ALARM":
                    yield name.removeprefix(f"{self._stage}-")


def _new_state(history_data: str) -> str:
    state: str = json.loads(history_data).get("newState", {}).get("stateValue", "")
    return state


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
