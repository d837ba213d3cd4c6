"""Metrics that a training job's log tells, by the regular expressions of its definitions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ops.local.sagemaker.operation import invalid


class LogMetrics:
    """The last value of each, as DescribeTrainingJob tells it."""

    def __init__(
        self, definitions: Sequence[Mapping[str, str]], now: Callable[[], datetime]
    ) -> None:
        self._now = now
        self._values: dict[str, tuple[float, datetime]] = {}
        self._expressions = [(held["Name"], _compiled(held)) for held in definitions]

    def read(self, line: str) -> None:
        for name, expression in self._expressions:
            found = expression.search(line)
            if found:
                try:
                    self._values[name] = float(found[1]), self._now()
                except ValueError:
                    # The group took something that is no number: no value, as on AWS.
                    continue

    def final(self) -> list[dict[str, Any]]:
        """FinalMetricDataList."""
        return [
            {"MetricName": name, "Value": value, "Timestamp": at}
            for name, (value, at) in self._values.items()
        ]


def _compiled(definition: Mapping[str, str]) -> re.Pattern[str]:
    """Raises Refusal."""
    try:
        expression = re.compile(definition["Regex"])
    except re.error as error:
        raise invalid(f"metric {definition['Name']}: {definition['Regex']!r}: {error}") from error
    if expression.groups != 1:
        raise invalid(f"metric {definition['Name']}: its expression needs exactly one group")
    return expression
