"""The experiment that a new platform runs: both embedding models, half of the requests each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient

EXPERIMENT_ID = "embedding_v1_vs_v2"


def seed_experiment(client: DynamoDBClient, *, table: str) -> bool:
    """Write the experiment unless there is one by that name; whether it was written."""
    try:
        client.put_item(
            TableName=table,
            Item={
                "experiment_id": {"S": EXPERIMENT_ID},
                "status": {"S": "active"},
                "v1_weight": {"N": "0.5"},
                "v2_weight": {"N": "0.5"},
                "start_date": {"S": datetime.now(UTC).date().isoformat()},
                "winning_criteria": {"S": "ctr_improvement > 5%"},
            },
            ConditionExpression="attribute_not_exists(experiment_id)",
        )
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "ConditionalCheckFailedException":
            return False
        raise
    return True
