"""The experiments between models in `ab_experiments`: read, started after one another, ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from kindred.experiments.bucketing import Arm
from kindred.retraining.model_experiment import ModelExperiment
from kindred_aws.experiment_table import ExperimentTable, parse_experiment, weight_attribute

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

# The requirements': a tenth of the traffic first, which the ladder `halves` takes further.
CONTROL_WEIGHT = 0.9


class ExperimentConflict(Exception):
    """The experiment is no longer the one that was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelExperiments:
    """`experiment_id` names the first; each may be succeeded by another, which then holds."""

    client: DynamoDBClient
    table_name: str
    experiment_id: str

    def current(self) -> ModelExperiment | None:
        """Raises InvalidExperiment for a record that cannot be obeyed."""
        table = ExperimentTable(self.client, table_name=self.table_name)
        item = table.current_item(self.experiment_id)
        return _experiment(item) if item else None

    def start(
        self,
        before: ModelExperiment | None,
        *,
        run_id: str,
        control: Arm,
        treatment: Arm,
        now: datetime,
    ) -> str:
        """Writes the experiment of a run, then has it succeed `before`; its id.

        It may be called again after either. Of those that are over only the first and `before`
        still lead to it. Metrics count from tomorrow on: until then some
        units still are where the last experiment had them. Raises ExperimentConflict.
        """
        experiment_id = f"embedding_{control}_vs_{treatment}_{run_id}".lower()
        self._put_new(
            {
                "experiment_id": {"S": experiment_id},
                "status": {"S": "active"},
                "control": {"S": control},
                "treatment": {"S": treatment},
                weight_attribute(control): {"N": f"{CONTROL_WEIGHT:g}"},
                weight_attribute(treatment): {"N": f"{1 - CONTROL_WEIGHT:g}"},
                "ladder": {"S": "halves"},
                "revision": {"N": "1"},
                "start_date": {"S": (now.date() + timedelta(days=1)).isoformat()},
                "run_id": {"S": run_id},
                "started_at": {"S": now.isoformat()},
            }
        )
        predecessor = before.experiment_id if before else self.experiment_id
        if predecessor != experiment_id:
            self._change(
                predecessor,
                "SET succeeded_by = :next",
                "attribute_not_exists(succeeded_by) OR succeeded_by = :next",
                {":next": {"S": experiment_id}},
            )
        if predecessor not in (experiment_id, self.experiment_id):
            # Whoever reads begins at the first: the way to this one stays short for good.
            self._change(
                self.experiment_id,
                "SET succeeded_by = :before",
                "attribute_exists(succeeded_by)",
                {":before": {"S": predecessor}},
            )
        return experiment_id

    def end(self, experiment: ModelExperiment, *, winner: Arm, reason: str) -> None:
        """Gives everybody the winner. Raises ExperimentConflict where it was changed meanwhile."""
        self._change(
            experiment.experiment_id,
            "SET #status = :completed, winner = :winner, revision = :next, ended_because = :reason,"
            f" {weight_attribute(experiment.control)} = :control,"
            f" {weight_attribute(experiment.treatment)} = :treatment",
            "#status = :active AND revision = :was",
            {
                ":completed": {"S": "completed"},
                ":winner": {"S": winner},
                ":reason": {"S": reason[:1000]},
                ":control": {"N": "1" if winner == experiment.control else "0"},
                ":treatment": {"N": "1" if winner == experiment.treatment else "0"},
                ":active": {"S": "active"},
                ":was": {"N": str(experiment.revision)},
                ":next": {"N": str(experiment.revision + 1)},
            },
            {"#status": "status"},
        )

    def _put_new(self, item: dict[str, Any]) -> None:
        try:
            self.client.put_item(
                TableName=self.table_name,
                Item=item,
                ConditionExpression="attribute_not_exists(experiment_id)",
            )
        except ClientError as error:
            if not _is_refused(error):
                raise

    def _change(
        self,
        experiment_id: str,
        expression: str,
        condition: str,
        values: dict[str, Any],
        names: dict[str, str] | None = None,
    ) -> None:
        try:
            self.client.update_item(
                TableName=self.table_name,
                Key={"experiment_id": {"S": experiment_id}},
                UpdateExpression=expression,
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
                **({"ExpressionAttributeNames": names} if names else {}),  # type: ignore[arg-type]
            )
        except ClientError as error:
            if _is_refused(error):
                raise ExperimentConflict(f"{experiment_id} was changed meanwhile") from error
            raise


def _experiment(item: Any) -> ModelExperiment:
    experiment_id = item["experiment_id"]["S"]
    parsed = parse_experiment(experiment_id, item)
    started = item.get("started_at", {}).get("S")
    return ModelExperiment(
        experiment_id=experiment_id,
        control=parsed.control,
        treatment=parsed.treatment,
        status=parsed.status,
        control_weight=parsed.control_weight,
        winner=parsed.winner,
        revision=int(item.get("revision", {}).get("N", 0)),
        run_id=item.get("run_id", {}).get("S"),
        started_at=datetime.fromisoformat(started) if started else None,
        shift_stage=item.get("shift_stage", {}).get("S"),
        shift_winner=item.get("shift_winner", {}).get("S"),
        shift_reason=item.get("shift_reason", {}).get("S", ""),
    )


def _is_refused(error: ClientError) -> bool:
    return error.response["Error"]["Code"] == "ConditionalCheckFailedException"
