"""The experiment that a new platform runs: both embedding models, half of the requests each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.experiment_record import Change, ExperimentChanged, changed, write_record

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient


def seed_experiment(client: DynamoDBClient, *, table: str) -> bool:
    """Write the experiment unless there is one by that name; whether it was written."""
    try:
        write_record(client, table=table, before=None, after=changed(None, Change()))
    except ExperimentChanged:
        return False
    return True
