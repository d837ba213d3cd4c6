"""Writes an arm's windows to `ab_metrics`, and outcomes so that each counts once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from kindred.experiments.arm_metrics import ArmWindow, Outcome
from kindred_aws.dynamodb_number import number

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import TransactWriteItemTypeDef, UpdateTypeDef

# A transaction takes 100 items; one of them is the window's own.
OUTCOMES_PER_TRANSACTION = 99
_REMEMBER_OUTCOMES_SECONDS = 8 * 24 * 3600


class MetricsTable:
    """`writer` names this task: a window's item has one writer, which replaces it whole."""

    def __init__(
        self,
        client: DynamoDBClient,
        *,
        table_name: str,
        request_log_name: str,
        writer: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._request_log_name = request_log_name
        self._writer = writer
        self._clock = clock

    def put(self, window: ArmWindow) -> None:
        self._client.update_item(**self._update(window))

    def put_with_outcomes(self, window: ArmWindow, outcomes: Sequence[Outcome]) -> ArmWindow:
        """Count `outcomes` into the window, leaving out those that were counted before.

        The window's new totals and the outcomes' ids are one transaction. Where its answer was
        lost, a retry finds the ids, sees that they were counted in this very window and takes
        them into its totals. Takes at most 99 outcomes with distinct ids. Returns the window as
        it now stands in the table.
        """
        remaining = [outcome for outcome in outcomes if outcome.event_id not in window.counted_ids]
        while remaining:
            counted = window.with_outcomes(remaining)
            try:
                self._client.transact_write_items(
                    TransactItems=[
                        {"Update": self._update(counted)},
                        *(self._remember(outcome, window) for outcome in remaining),
                    ]
                )
            except ClientError as error:
                found = _found_before(error, remaining)
                here = [o for o in remaining if found.get(o.event_id) == self._key(window)]
                remaining = [o for o in remaining if o.event_id not in found]
                window = window.with_outcomes(here)
                # Since that lost answer the item may have been written without them.
                if here and not remaining:
                    self.put(window)
            else:
                return counted
        return window

    def _key(self, window: ArmWindow) -> str:
        return f"{window.window_start}#{window.arm}#{self._writer}"

    def _update(self, window: ArmWindow) -> UpdateTypeDef:
        values = {**window.values(), "window_start": window.window_start}
        return {
            "TableName": self._table_name,
            "Key": {
                "experiment_id": {"S": window.experiment_id},
                "timestamp": {"S": self._key(window)},
            },
            "UpdateExpression": "SET arm = :arm, "
            + ", ".join(f"#{name} = :{name}" for name in values),
            "ExpressionAttributeNames": {f"#{name}": name for name in values},
            "ExpressionAttributeValues": {
                ":arm": {"S": window.arm},
                **{f":{name}": number(value) for name, value in values.items()},
            },
        }

    def _remember(self, outcome: Outcome, window: ArmWindow) -> TransactWriteItemTypeDef:
        expires_at = int(self._clock()) + _REMEMBER_OUTCOMES_SECONDS
        return {
            "Put": {
                "TableName": self._request_log_name,
                "Item": {
                    "record_id": {"S": f"outcome#{outcome.event_id}"},
                    "kind": {"S": outcome.kind},
                    "arm": {"S": outcome.arm},
                    "counted_in": {"S": self._key(window)},
                    "value": number(outcome.value),
                    "expires_at": {"N": str(expires_at)},
                },
                "ConditionExpression": "attribute_not_exists(record_id)",
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }


def _found_before(error: ClientError, outcomes: Sequence[Outcome]) -> dict[str, str]:
    """Ids that the refused transaction found, and the window that counted each.

    Raises the refusal itself where it has any other reason.
    """
    reasons = cast("list[dict[str, Any]]", error.response.get("CancellationReasons", []))[1:]
    found = {
        outcome.event_id: reason.get("Item", {}).get("counted_in", {}).get("S", "")
        for outcome, reason in zip(outcomes, reasons, strict=False)
        if reason.get("Code") == "ConditionalCheckFailed"
    }
    if not found:
        raise error
    return found
