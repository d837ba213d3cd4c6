"""What is remembered of retraining: its runs, and the alarm episodes that started one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_KEPT = timedelta(days=400)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrainingTable:
    """Items `run#<run id>` and `alarm#<name>`, by `record_id`; they go after 400 days."""

    client: DynamoDBClient
    table_name: str

    def begin_episode(self, alarm: str, run_id: str, *, now: datetime, until: datetime) -> bool:
        """Whether the episode is this run's: no other began one that lasts beyond `now`."""
        try:
            self.client.put_item(
                TableName=self.table_name,
                Item={
                    "record_id": {"S": f"alarm#{alarm}"},
                    "run_id": {"S": run_id},
                    "cools_until": {"N": str(int(until.timestamp()))},
                    "expires_at": {"N": str(int((now + _KEPT).timestamp()))},
                },
                ConditionExpression=(
                    "attribute_not_exists(record_id) OR cools_until <= :now OR run_id = :run"
                ),
                ExpressionAttributeValues={
                    ":now": {"N": str(int(now.timestamp()))},
                    ":run": {"S": run_id},
                },
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return False
        return True

    def record_run(self, run_id: str, outcome: str, said: Mapping[str, Any], now: datetime) -> None:
        """How a run ended, or how far it is; the same again changes nothing."""
        self.client.put_item(
            TableName=self.table_name,
            Item={
                "record_id": {"S": f"run#{run_id}"},
                "outcome": {"S": outcome},
                "said": {"S": json.dumps(said, sort_keys=True, ensure_ascii=False)},
                "expires_at": {"N": str(int((now + _KEPT).timestamp()))},
            },
        )

    def outcome(self, run_id: str) -> str | None:
        item = self.client.get_item(
            TableName=self.table_name,
            Key={"record_id": {"S": f"run#{run_id}"}},
            ConsistentRead=True,
        ).get("Item")
        return item["outcome"]["S"] if item else None
