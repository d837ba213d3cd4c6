"""Items of DynamoDB that are a unit's: looked for in the whole table, and removed.

A table is read whole, not asked by key: so an answer of «none» rests on no list of experiments.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from kindred.privacy.forgetting import Names, Passed

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

# Of the megabytes that DynamoDB reads at once; a pass is to fit into a function's minutes.
_PAGES = 200

Item = Mapping[str, Any]


class ForgottenItems:
    """`attribute` holds the unit's name, or ends in it; `is_named` decides which items are its."""

    def __init__(
        self,
        client: DynamoDBClient,
        *,
        table_name: str,
        key: str,
        attribute: str,
        is_named: Callable[[str, Names], bool],
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._key = key
        self._attribute = attribute
        self._is_named = is_named

    def go_through(self, names: Names, *, remove: bool, cursor: str | None) -> Passed:
        looked_at = found = 0
        start: dict[str, Any] | None = json.loads(cursor) if cursor else None
        for _ in range(_PAGES):
            answer = self._scan(names, start)
            looked_at += answer["ScannedCount"]
            own = [each for each in answer["Items"] if self._is(each, names)]
            found += len(own)
            if remove:
                for item in own:
                    self._client.delete_item(
                        TableName=self._table_name, Key={self._key: item[self._key]}
                    )
            start = answer.get("LastEvaluatedKey")
            if start is None:
                break
        return Passed(
            looked_at=looked_at,
            found=found,
            removed=found if remove else 0,
            cursor=json.dumps(start) if start else None,
        )

    def _scan(self, names: Names, start: dict[str, Any] | None) -> Any:
        wanted = {f":n{at}": {"S": name} for at, name in enumerate(names.all)}
        asked: dict[str, Any] = {
            "TableName": self._table_name,
            "ConsistentRead": True,
            "FilterExpression": " OR ".join(f"contains(#named, {each})" for each in wanted),
            "ExpressionAttributeNames": {"#named": self._attribute},
            "ExpressionAttributeValues": wanted,
        }
        if start:
            asked["ExclusiveStartKey"] = start
        return self._client.scan(**asked)

    def _is(self, item: Item, names: Names) -> bool:
        held = item.get(self._attribute, {}).get("S")
        return isinstance(held, str) and self._is_named(held, names)


def is_unit(held: str, names: Names) -> bool:
    return names.name(held)


def is_unit_of_ledger(held: str, names: Names) -> bool:
    """Of `u#<experiment>#<unit>`; a mark, `e#<experiment>#<event>`, where a client chose the
    unit's own id for the event's."""
    return names.name(held.split("#", 2)[-1])
