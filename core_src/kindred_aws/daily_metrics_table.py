"""Reads a day's windows from `ab_metrics`, and writes and reads the row of each arm and day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from kindred.experiments.bucketing import Arm
from kindred.experiments.daily_metrics import DailyMetrics, WindowValues
from kindred_aws.dynamodb_number import number

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef

_COUNTS = tuple(field.name for field in fields(DailyMetrics) if field.name.endswith("_count"))
_MEASURES = tuple(
    field.name for field in fields(DailyMetrics) if field.name not in (*_COUNTS, "arm", "day")
)


class DailyMetricsTable:
    """A row's sort key is `day#<date>#<arm>`, a window's begins with digits: they never meet."""

    def __init__(self, client: DynamoDBClient, *, table_name: str, experiment_id: str) -> None:
        self._client = client
        self._table_name = table_name
        self._experiment_id = experiment_id

    def windows(self, day: date, *, arms: Iterable[Arm]) -> dict[Arm, list[WindowValues]]:
        """Every window that began on that UTC day; an arm without any has an empty list."""
        start = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
        found: dict[Arm, list[WindowValues]] = {arm: [] for arm in arms}
        # Up to 2286 all of these have ten digits, so that text sorts as the numbers do.
        for item in self._between(f"{start}", f"{start + 86_400}"):
            arm = item.get("arm", {}).get("S")
            if arm in found:
                found[arm].append(_numbers(item))
        return found

    def put(self, row: DailyMetrics) -> None:
        """Writing a row again replaces it."""
        values = {name: getattr(row, name) for name in (*_COUNTS, *_MEASURES, "ctr")}
        self._client.put_item(
            TableName=self._table_name,
            Item={
                "experiment_id": {"S": self._experiment_id},
                "timestamp": {"S": f"day#{row.day.isoformat()}#{row.arm}"},
                "day": {"S": row.day.isoformat()},
                "arm": {"S": row.arm},
                **cast(
                    "dict[str, AttributeValueTypeDef]",
                    {name: number(value) for name, value in values.items() if value is not None},
                ),
            },
        )

    def rows(self, *, since: date | None, until: date) -> list[DailyMetrics]:
        """Both days are among them, in the order of days."""
        first = f"day#{since.isoformat()}" if since else "day#"
        return [_row(item) for item in self._between(first, f"day#{until + timedelta(days=1)}")]

    def _between(self, first: str, last: str) -> Iterator[dict[str, AttributeValueTypeDef]]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table_name,
            KeyConditionExpression="experiment_id = :experiment AND #key BETWEEN :first AND :last",
            ExpressionAttributeNames={"#key": "timestamp"},
            ExpressionAttributeValues={
                ":experiment": {"S": self._experiment_id},
                ":first": {"S": first},
                ":last": {"S": last},
            },
            ConsistentRead=True,
        )
        for page in pages:
            yield from page["Items"]


def _numbers(item: dict[str, AttributeValueTypeDef]) -> dict[str, float]:
    return {name: float(value["N"]) for name, value in item.items() if "N" in value}


def _row(item: dict[str, AttributeValueTypeDef]) -> DailyMetrics:
    numbers = _numbers(item)
    values: dict[str, Any] = {name: int(numbers.get(name, 0)) for name in _COUNTS}
    values |= {name: numbers[name] for name in _MEASURES if name in numbers}
    return DailyMetrics(arm=item["arm"]["S"], day=date.fromisoformat(item["day"]["S"]), **values)
