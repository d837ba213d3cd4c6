"""Reads the embedding experiment from `ab_experiments`."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from kindred.experiments.bucketing import Arm
from kindred.experiments.embedding_experiment import (
    EmbeddingExperiment,
    InvalidExperiment,
    Status,
)

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef


class ExperimentTable:
    def __init__(self, client: DynamoDBClient, *, table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def embedding_experiment(self, experiment_id: str) -> EmbeddingExperiment | None:
        """The experiment as it stands now, or None where there is no record of it.

        Raises InvalidExperiment for a record that cannot be obeyed.
        """
        item = self._client.get_item(
            TableName=self._table_name, Key={"experiment_id": {"S": experiment_id}}
        ).get("Item")
        return parse_experiment(experiment_id, item) if item else None


def parse_experiment(
    experiment_id: str, item: dict[str, AttributeValueTypeDef]
) -> EmbeddingExperiment:
    """Raises InvalidExperiment for an item that cannot be obeyed."""
    try:
        v1_weight = float(item["v1_weight"]["N"])
    except (KeyError, ValueError) as error:
        given = item.get("v1_weight", "nothing")
        raise InvalidExperiment(f"v1_weight: given {given}, allowed a number 0 to 1") from error
    return EmbeddingExperiment(
        experiment_id=experiment_id,
        status=cast(Status, item.get("status", {}).get("S", "")),
        v1_weight=v1_weight,
        winner=cast("Arm | None", item.get("winner", {}).get("S")),
    )
