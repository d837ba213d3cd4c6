"""Reads and writes a shift of traffic in the experiment's item of `ab_experiments`."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, cast, get_args

from botocore.exceptions import ClientError

from kindred.experiments.definitions import DecisionPolicy, SamplePlan
from kindred.experiments.embedding_decision import REQUIRED_PLAN, EmbeddingPlan
from kindred.experiments.embedding_experiment import EmbeddingExperiment, InvalidExperiment
from kindred.experiments.gradual_shift import LadderName, Shift, parse_stage
from kindred.experiments.winner_selection import Notice, Selection, ShiftRecord
from kindred_aws.dynamodb_number import number
from kindred_aws.experiment_table import ExperimentTable, parse_experiment, weight_attribute

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef

_Item = dict[str, "AttributeValueTypeDef"]


class ShiftConflict(Exception):
    """The item is no longer the one that was read: an operator or another run changed it."""


class ShiftTable:
    """Of the experiment that `experiment_id` names, or of the last that succeeded it."""

    def __init__(self, client: DynamoDBClient, *, table_name: str, experiment_id: str) -> None:
        self._client = client
        self._table_name = table_name
        self._experiment_id = experiment_id

    def load(self) -> ShiftRecord | None:
        """Raises InvalidExperiment for a record that cannot be obeyed."""
        table = ExperimentTable(self._client, table_name=self._table_name)
        item = table.current_item(self._experiment_id)
        return _record(item["experiment_id"]["S"], item) if item else None

    def save(self, record: ShiftRecord, selection: Selection) -> None:
        """Raises ShiftConflict unless the item still is `record` and its day was not acted on."""
        before = record.experiment
        weight = weight_attribute(before.control)
        values = _written(record, selection)
        gone = sorted({*_OPTIONAL} - values.keys())
        removes = f" REMOVE {', '.join(f'#{name}' for name in gone)}" if gone else ""
        was: _Item = {
            # As it was read, to the last decimal: somebody may have written a third by hand.
            ":was_weight": {"N": repr(before.control_weight)},
            ":was_status": {"S": before.status},
        }
        unchanged = "attribute_not_exists(#revision)"
        if record.revision is not None:
            was[":was_revision"] = {"N": str(record.revision)}
            unchanged = "#revision = :was_revision"
        try:
            self._client.update_item(
                TableName=self._table_name,
                Key=_key(record),
                UpdateExpression=f"SET {', '.join(f'#{n} = :{n}' for n in values)}{removes}",
                ConditionExpression=(
                    f"{unchanged} AND #{weight} = :was_weight AND #status = :was_status AND "
                    "(attribute_not_exists(#shift_day) OR #shift_day < :shift_day)"
                ),
                ExpressionAttributeNames={f"#{name}": name for name in (*values, *gone)},
                ExpressionAttributeValues={
                    **{f":{name}": value for name, value in values.items()},
                    **was,
                },
            )
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "ConditionalCheckFailedException":
                raise ShiftConflict from error
            raise

    def forget_notice(self, record: ShiftRecord) -> None:
        """It has been sent."""
        self._client.update_item(
            TableName=self._table_name,
            Key=_key(record),
            UpdateExpression="REMOVE shift_notice_subject, shift_notice_message",
        )


def _key(record: ShiftRecord) -> _Item:
    return {"experiment_id": {"S": record.experiment.experiment_id}}


_OPTIONAL = (
    "winner",
    "shift_winner",
    "shift_before",
    "shift_since",
    "shift_notice_subject",
    "shift_notice_message",
)


def _written(record: ShiftRecord, selection: Selection) -> _Item:
    """The revision counts what reaches units: weights, status and winner."""
    shift, before = selection.shift, record.experiment
    promoted = shift.stage == "promoted"
    moved = promoted or shift.control_weight != before.control_weight
    revision = (record.revision or 0) + moved
    values: _Item = {
        "status": {"S": "completed" if promoted else before.status},
        weight_attribute(before.control): _number(shift.control_weight),
        weight_attribute(before.treatment): _number(1 - shift.control_weight),
        "revision": {"N": str(revision)},
        "shift_revision": {"N": str(revision)},
        "shift_control_weight": _number(shift.control_weight),
        "shift_stage": {"S": shift.stage},
        "shift_reason": {"S": shift.reason},
        "shift_stable_days": {"N": str(shift.stable_days)},
        "shift_day": {"S": _day(shift.day)},
    }
    if promoted and shift.winner:
        values["winner"] = {"S": shift.winner}
    if shift.winner:
        values["shift_winner"] = {"S": shift.winner}
    if shift.before is not None:
        values["shift_before"] = _number(shift.before)
    if shift.since:
        values["shift_since"] = {"S": _day(shift.since)}
    if selection.notice:
        values["shift_notice_subject"] = {"S": selection.notice.subject}
        values["shift_notice_message"] = {"S": selection.notice.message}
    return values


def _number(value: float) -> AttributeValueTypeDef:
    return cast("AttributeValueTypeDef", number(value))


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _record(experiment_id: str, item: _Item) -> ShiftRecord:
    experiment = parse_experiment(experiment_id, item)
    try:
        notice = item.get("shift_notice_subject")
        return ShiftRecord(
            experiment=experiment,
            plan=_plan(item),
            revision=_whole(item, "revision"),
            shift=_shift(experiment, item) if "shift_stage" in item else None,
            shift_revision=_whole(item, "shift_revision"),
            notice=Notice(subject=notice["S"], message=item["shift_notice_message"]["S"])
            if notice
            else None,
        )
    except (KeyError, ValueError) as error:
        raise InvalidExperiment(f"record {experiment_id}: {error}") from error


def _shift(experiment: EmbeddingExperiment, item: _Item) -> Shift:
    """Its own weight, which is not the experiment's once somebody has edited that by hand."""
    winner, before = item.get("shift_winner"), item.get("shift_before")
    return Shift(
        stage=parse_stage(item["shift_stage"]["S"]),
        control_weight=float(
            item.get("shift_control_weight", {}).get("N", experiment.control_weight)
        ),
        arms=experiment.arms,
        winner=winner["S"] if winner else None,
        before=float(before["N"]) if before else None,
        since=_date(item, "shift_since"),
        stable_days=_whole(item, "shift_stable_days") or 0,
        day=_date(item, "shift_day"),
        reason=item.get("shift_reason", {}).get("S", ""),
    )


def _plan(item: _Item) -> EmbeddingPlan:
    policy = item.get("policy", {}).get("S", "sequential")
    if policy not in get_args(DecisionPolicy):
        raise ValueError(f"policy: given {policy!r}, allowed {', '.join(get_args(DecisionPolicy))}")
    sample = SamplePlan(
        baseline=float(item.get("baseline", {}).get("N", REQUIRED_PLAN.baseline)),
        effect=float(item.get("effect", {}).get("N", REQUIRED_PLAN.effect)),
    )
    ladder = item.get("ladder", {}).get("S", "tenths")
    if ladder not in get_args(LadderName):
        raise ValueError(f"ladder: given {ladder!r}, allowed {', '.join(get_args(LadderName))}")
    return EmbeddingPlan(
        policy=cast(DecisionPolicy, policy),
        ladder=cast(LadderName, ladder),
        sample=sample,
        since=_date(item, "start_date"),
    )


def _whole(item: _Item, name: str) -> int | None:
    return int(item[name]["N"]) if name in item else None


def _date(item: _Item, name: str) -> date | None:
    return date.fromisoformat(item[name]["S"]) if name in item else None
