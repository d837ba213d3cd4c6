"""Reads embedding experiments from `ab_experiments`; one may be succeeded by the next."""

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

Item = dict[str, "AttributeValueTypeDef"]
# The first leads to the one before the last: a long chain is a circle.
_LONGEST_SUCCESSION = 100


class ExperimentTable:
    def __init__(self, client: DynamoDBClient, *, table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def embedding_experiment(self, experiment_id: str) -> EmbeddingExperiment | None:
        """The experiment that holds now: this one, or the last of those that succeeded it.

        None where there is no record of it. Raises InvalidExperiment for a record that cannot be
        obeyed.
        """
        item = self.current_item(experiment_id)
        return _parse(item) if item else None

    def succession(self, experiment_id: str) -> list[EmbeddingExperiment]:
        """The experiment that holds now, then those before it. Raises InvalidExperiment."""
        return [_parse(item) for item in reversed(self._chain(experiment_id))]

    def current_item(self, experiment_id: str) -> Item | None:
        """As `embedding_experiment`, unread."""
        chain = self._chain(experiment_id)
        return chain[-1] if chain else None

    def _chain(self, experiment_id: str) -> list[Item]:
        """From this experiment on. A successor without a record is passed over."""
        chain: list[Item] = []
        next_id: str | None = experiment_id
        while next_id and (item := self._item(next_id)):
            chain.append(item)
            next_id = item.get("succeeded_by", {}).get("S")
            if len(chain) > _LONGEST_SUCCESSION:
                raise InvalidExperiment(
                    f"succeeded_by: {experiment_id} has more than {_LONGEST_SUCCESSION} successors"
                )
        return chain

    def _item(self, experiment_id: str) -> Item | None:
        return self._client.get_item(
            TableName=self._table_name,
            Key={"experiment_id": {"S": experiment_id}},
            ConsistentRead=True,
        ).get("Item")


def weight_attribute(arm: Arm) -> str:
    """`v1_weight`, as the requirements name it, and so on for later models."""
    return f"{arm}_weight"


def _parse(item: Item) -> EmbeddingExperiment:
    return parse_experiment(item["experiment_id"]["S"], item)


def parse_experiment(experiment_id: str, item: Item) -> EmbeddingExperiment:
    """Raises InvalidExperiment for an item that cannot be obeyed."""
    control = item.get("control", {}).get("S", "v1")
    name = weight_attribute(control)
    try:
        control_weight = float(item[name]["N"])
    except (KeyError, ValueError) as error:
        given = item.get(name, "nothing")
        raise InvalidExperiment(f"{name}: given {given}, allowed a number 0 to 1") from error
    return EmbeddingExperiment(
        experiment_id=experiment_id,
        status=cast(Status, item.get("status", {}).get("S", "")),
        control_weight=control_weight,
        control=control,
        treatment=item.get("treatment", {}).get("S", "v2"),
        winner=item.get("winner", {}).get("S"),
    )
