"""Reads what an experiment has counted, from all shards of its counters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from kindred.experiments.counting import QUALITY
from kindred.experiments.counts import Cell, Counts, Tally, pair_of

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import QueryInputTypeDef

# Shards come and go with the stream's size; more of them than this share counters, and wait.
SHARDS = 64
PRODUCT = "product."
_WHOLE = ("units", "events")

Sums = dict[str, Decimal]


def counter_shard(stream_shard_id: str) -> str:
    """Of `shardId-000000000007`; neighbours in number never share one."""
    return f"{int(stream_shard_id.rpartition('-')[2]) % SHARDS:02d}"


def sort_key(variation: str, metric: str, day: str, segment: str, shard: str) -> str:
    """Of all parts only a segment may hold a `#`."""
    return f"{variation}#{metric}#{day}#{segment}#{shard}"


class ExperimentCounters:
    def __init__(self, client: DynamoDBClient, *, table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def read(self, experiment_id: str) -> Counts:
        """Everything that was counted; of an experiment that nobody met, nothing.

        Reads eventually consistent pages of 1 MB, about 7,000 counters each.
        """
        sums: defaultdict[tuple[str, str, str, str], Sums] = defaultdict(
            lambda: defaultdict(Decimal)
        )
        for item in self._items(experiment_id):
            variation, metric, day, rest = item["variation_metric"]["S"].split("#", 3)
            cell = sums[variation, metric, day, rest.rpartition("#")[0]]
            for name, value in item.items():
                if "N" in value:
                    cell[name] += Decimal(value["N"])
        return _counts(sums)

    def _items(self, experiment_id: str) -> Iterator[dict[str, Any]]:
        query: QueryInputTypeDef = {
            "TableName": self._table_name,
            "KeyConditionExpression": "experiment_id = :id",
            "ExpressionAttributeValues": {":id": {"S": experiment_id}},
        }
        while True:
            page = self._client.query(**query)
            yield from page["Items"]
            if not (last := page.get("LastEvaluatedKey")):
                return
            query["ExclusiveStartKey"] = cast("Any", last)


def _counts(sums: Mapping[tuple[str, str, str, str], Sums]) -> Counts:
    cells: dict[Cell, Tally] = {}
    products: defaultdict[Cell, Decimal] = defaultdict(Decimal)
    quality: dict[str, int] = {}
    for (variation, metric, day, segment), cell in sums.items():
        if variation == QUALITY:
            # Of units where units are told apart, otherwise of events.
            quality[metric] = int(cell["units"] or cell["events"])
            continue
        at = Cell(variation, metric, date.fromisoformat(day), segment)
        cells[at] = _tally(cell)
        for name, value in cell.items():
            if name.startswith(PRODUCT):
                # Each of the two metrics adds what its own events changed.
                products[at._replace(metric=pair_of(metric, name.removeprefix(PRODUCT)))] += value
    return Counts(
        cells=cells,
        products={at: float(value) for at, value in products.items()},
        quality=quality,
    )


def _tally(cell: Sums) -> Tally:
    known: dict[str, Any] = {
        name: int(value) if name in _WHOLE else float(value)
        for name, value in cell.items()
        if not name.startswith(PRODUCT)
    }
    return Tally(**known)
