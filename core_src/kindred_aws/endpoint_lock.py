"""One reconciler at a time on an endpoint: a lease that ends by itself, and a fence that grows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from kindred_aws.aws_refusals import code_of

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

# The second while a transaction is about to write or check the same item.
_ANOTHERS = ("ConditionalCheckFailedException", "TransactionConflictException")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """`fence` is higher than that of every lease before; `refused` are digests, until when."""

    endpoint: str
    owner: str
    fence: int
    refused: Mapping[str, datetime]


class EndpointLock:
    """`owner` names this run."""

    def __init__(
        self, client: DynamoDBClient, *, table_name: str, owner: str, lasts: timedelta
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._owner = owner
        self._lasts = lasts

    def acquire(self, endpoint: str, *, now: datetime) -> Lease | None:
        """None while it is another's. A run that died leaves its lease to run out."""
        until = now + self._lasts
        try:
            item = self._client.update_item(
                TableName=self._table_name,
                Key={"endpoint": {"S": endpoint}},
                UpdateExpression="SET lease_owner = :owner, lease_until = :until ADD fence :one",
                ConditionExpression=(
                    "attribute_not_exists(lease_until) OR lease_until < :now OR "
                    "lease_owner = :owner"
                ),
                ExpressionAttributeValues={
                    ":owner": {"S": self._owner},
                    ":until": {"S": instant(until)},
                    ":now": {"S": instant(now)},
                    ":one": {"N": "1"},
                },
                ReturnValues="ALL_NEW",
            )["Attributes"]
        except ClientError as error:
            if code_of(error) in _ANOTHERS:
                return None
            raise
        refused = item.get("refused", {}).get("M", {})
        return Lease(
            endpoint=endpoint,
            owner=self._owner,
            fence=int(item["fence"]["N"]),
            refused={digest: datetime.fromisoformat(at["S"]) for digest, at in refused.items()},
        )

    def renew(self, lease: Lease, *, now: datetime) -> bool:
        """Hold it for as long again, from now; False where another run has it by now."""
        return self._change(
            lease, "SET lease_until = :until", {":until": {"S": instant(now + self._lasts)}}
        )

    def release(self, lease: Lease) -> None:
        """Let the next run begin at once. Where the lease was lost meanwhile nothing happens."""
        self._change(lease, "REMOVE lease_owner, lease_until", {})

    def _change(self, lease: Lease, expression: str, values: dict[str, Any]) -> bool:
        """Whether the lease was the newest, and so was changed."""
        try:
            self._client.update_item(
                TableName=self._table_name,
                Key={"endpoint": {"S": lease.endpoint}},
                UpdateExpression=expression,
                ConditionExpression=_NEWEST,
                ExpressionAttributeValues={**_fence(lease), **values},
            )
        except ClientError as error:
            if code_of(error) not in _ANOTHERS:
                raise
            return False
        return True


_NEWEST = "fence = :fence AND lease_owner = :owner"


def lease_check(table_name: str, lease: Lease) -> Any:
    """A part of a transaction: it fails unless the lease is the endpoint's newest."""
    return {
        "ConditionCheck": {
            "TableName": table_name,
            "Key": {"endpoint": {"S": lease.endpoint}},
            "ConditionExpression": _NEWEST,
            "ExpressionAttributeValues": _fence(lease),
        }
    }


def lease_release(
    table_name: str,
    lease: Lease,
    deployment_id: str,
    refused: Mapping[str, datetime],
) -> Any:
    """A part of a transaction: the endpoint is no deployment's, and refuses these digests."""
    values = {digest: {"S": instant(at)} for digest, at in refused.items()}
    return {
        "Update": {
            "TableName": table_name,
            "Key": {"endpoint": {"S": lease.endpoint}},
            "UpdateExpression": "SET refused = :refused REMOVE active_deployment",
            "ConditionExpression": f"{_NEWEST} AND active_deployment = :id",
            "ExpressionAttributeValues": {
                **_fence(lease),
                ":id": {"S": deployment_id},
                ":refused": {"M": values},
            },
        }
    }


def instant(at: datetime) -> str:
    """As text that sorts as time does."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _fence(lease: Lease) -> dict[str, Any]:
    return {":fence": {"N": str(lease.fence)}, ":owner": {"S": lease.owner}}
