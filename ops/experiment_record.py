"""The experiment's record in `ab_experiments`, as an operator changes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from kindred.experiments.bucketing import Arm
from kindred.experiments.embedding_experiment import (
    EmbeddingExperiment,
    InvalidExperiment,
    Status,
)
from kindred_aws.experiment_table import ExperimentTable, weight_attribute

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient

# The first; later ones succeed it.
EXPERIMENT_ID = "embedding_v1_vs_v2"
BUCKETS = 100

Record = Mapping[str, Any]


class ExperimentChanged(RuntimeError):
    """Somebody else has changed the record since it was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an operator asks for; None leaves what there is."""

    status: Status | None = None
    control_weight: Decimal | None = None
    winner: Arm | None = None


def read_record(client: DynamoDBClient, *, table: str) -> Record | None:
    """The record of the experiment that holds now, numbers as decimals."""
    item = ExperimentTable(client, table_name=table).current_item(EXPERIMENT_ID)
    read = TypeDeserializer().deserialize
    return {name: read(value) for name, value in item.items()} if item else None


def arms_of(record: Record) -> tuple[Arm, Arm]:
    """Control and treatment."""
    return record.get("control", "v1"), record.get("treatment", "v2")


def written(record: Record) -> tuple[str, ...]:
    """What is written here; whatever else a record holds is somebody else's and stays."""
    weights = (weight_attribute(arm) for arm in arms_of(record))
    return ("status", *weights, "winner", "revision")


def checked(record: Record) -> EmbeddingExperiment:
    """What services make of it. Raises InvalidExperiment, also for what is never meant."""
    control, treatment = arms_of(record)
    name = weight_attribute(control)
    weight, status, winner = (record.get(each) for each in (name, "status", "winner"))
    if not isinstance(weight, Decimal) or weight * BUCKETS != int(weight * BUCKETS):
        raise InvalidExperiment(
            f"{name}: given {'nothing' if weight is None else weight}, allowed 0 to 1 in steps "
            "of 0.01: units fall into 100 buckets"
        )
    if status == "completed" and winner is None:
        raise InvalidExperiment(
            f"winner: given nothing, allowed {control}, {treatment} when status is completed"
        )
    if status != "completed" and winner is not None:
        raise InvalidExperiment(
            f"winner: given {winner}, allowed none while status is {status}: only a completed "
            "experiment gives everybody its winner"
        )
    return EmbeddingExperiment(
        experiment_id=record["experiment_id"],
        status=cast(Status, status),
        control_weight=float(weight),
        control=control,
        treatment=treatment,
        winner=cast("Arm | None", winner),
    )


def changed(before: Record | None, change: Change) -> Record:
    """The record after it; a new one is active and gives each model half of the units.

    An experiment that is taken up again has no winner any more. Raises InvalidExperiment.
    """
    record = dict(before) if before else _new()
    if change.status is not None:
        record["status"] = change.status
        if change.status != "completed":
            record.pop("winner", None)
    if change.winner is not None:
        record["winner"] = change.winner
    control, treatment = (weight_attribute(arm) for arm in arms_of(record))
    if change.control_weight is not None:
        record[control] = change.control_weight
    checked(record)
    record[treatment] = 1 - record[control]
    if before is not None and all(before.get(n) == record.get(n) for n in written(record)):
        return before
    return {**record, "revision": record.get("revision", 0) + 1}


def write_record(
    client: DynamoDBClient, *, table: str, before: Record | None, after: Record
) -> None:
    """Raises ExperimentChanged unless the table still holds `before`."""
    try:
        if before is None:
            client.put_item(
                TableName=table,
                Item={name: TypeSerializer().serialize(value) for name, value in after.items()},
                ConditionExpression="attribute_not_exists(experiment_id)",
            )
        else:
            client.update_item(
                TableName=table,
                Key={"experiment_id": {"S": after["experiment_id"]}},
                **_update(before, after),
            )
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "ConditionalCheckFailedException":
            raise ExperimentChanged(
                "somebody else changed the experiment just now: look at it with "
                "`kindred experiment show`, then decide again"
            ) from error
        raise


def _update(before: Record, after: Record) -> dict[str, Any]:
    write = TypeSerializer().serialize
    ours = written(after)
    kept = [name for name in ours if name in after]
    gone = [name for name in ours if name in before and name not in after]
    sets = ", ".join(f"#{name} = :{name}" for name in kept)
    removes = f" REMOVE {', '.join(f'#{name}' for name in gone)}" if gone else ""
    # The values too, not the revision alone: an edit by hand in the console counts nothing up.
    conditions = [
        f"#{name} = :was_{name}" if name in before else f"attribute_not_exists(#{name})"
        for name in ours
    ]
    values = {f":{name}": write(after[name]) for name in kept}
    was = {f":was_{name}": write(before[name]) for name in ours if name in before}
    return {
        "UpdateExpression": f"SET {sets}{removes}",
        "ConditionExpression": " AND ".join(conditions),
        "ExpressionAttributeNames": {f"#{name}": name for name in ours},
        "ExpressionAttributeValues": values | was,
    }


def _new() -> dict[str, Any]:
    return {
        "experiment_id": EXPERIMENT_ID,
        "status": "active",
        "v1_weight": Decimal("0.5"),
        "start_date": datetime.now(UTC).date().isoformat(),
        "winning_criteria": "ctr_improvement > 5%",
    }
