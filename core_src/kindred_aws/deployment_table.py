"""Reads and writes deployments, one item each, and which of them holds its endpoint."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from kindred.rollout.deployment import Deployment
from kindred.rollout.deployment_json import deployment_from_json, deployment_to_json
from kindred_aws.aws_refusals import Unavailable, is_passing
from kindred_aws.dynamodb_document import from_item, to_item
from kindred_aws.endpoint_lock import Lease, instant, lease_check, lease_release

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_REMEMBER_KEYS = timedelta(days=7)


class DeploymentNotFound(LookupError):
    """No deployment has this id."""


class StaleDeployment(Exception):
    """The record is no longer the one that was read, or the endpoint's lease is another's."""


class IdempotencyConflict(Exception):
    """The key came before, with another deployment."""


class EndpointBusy(Exception):
    """Another deployment is under way on the endpoint; the message names it."""


class CoolDown(Exception):
    """This very model was rolled back on the endpoint not long ago; the message says until when."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    deployments: Sequence[Deployment]
    cursor: str | None


class DeploymentTable:
    def __init__(self, client: DynamoDBClient, *, table_name: str, endpoints_table: str) -> None:
        self._client = client
        self._table_name = table_name
        self._endpoints_table = endpoints_table

    def create(self, deployment: Deployment, *, idempotency_key: str | None) -> Deployment:
        """The deployment, or the one that the same key created before.

        A dry run holds no endpoint. Raises IdempotencyConflict, EndpointBusy, CoolDown,
        Unavailable.
        """
        created = replace(deployment, version=1)
        writes = [self._put(created, "attribute_not_exists(deployment_id)", {})]
        if not created.plan.dry_run:
            writes.append(self._claim(created))
        if idempotency_key:
            writes.append(self._remember(created, idempotency_key))
        try:
            self._client.transact_write_items(TransactItems=writes)
        except ClientError as error:
            before = self.created_by(idempotency_key, created) if idempotency_key else None
            if before is not None:
                return before
            raise _refusal(error, created) from error
        return created

    def load(self, deployment_id: str) -> Deployment:
        """Raises DeploymentNotFound."""
        item = self._item({"deployment_id": {"S": deployment_id}})
        if item is None or "endpoint" not in item:
            raise DeploymentNotFound(f"deployment_id: given {deployment_id!r}, which is unknown")
        return deployment_from_json(from_item(item))

    def list(self, *, endpoint: str | None, limit: int, cursor: str | None = None) -> Page:
        """Newest first of one endpoint, in no order of all. Raises ValueError for the cursor."""
        request: dict[str, Any] = {"TableName": self._table_name, "Limit": limit}
        if cursor is not None:
            request["ExclusiveStartKey"] = _start_of(cursor, endpoint)
        if endpoint is None:
            found: Any = self._client.scan(**request, FilterExpression="attribute_exists(endpoint)")
        else:
            found = self._client.query(
                **request,
                IndexName="by_endpoint",
                KeyConditionExpression="endpoint = :endpoint",
                ExpressionAttributeValues={":endpoint": {"S": endpoint}},
                ScanIndexForward=False,
            )
        last = found.get("LastEvaluatedKey")
        return Page(
            deployments=[deployment_from_json(from_item(each)) for each in found["Items"]],
            cursor=_cursor(last) if last else None,
        )

    def unfinished(self) -> Sequence[str]:
        """Ids, oldest first. The index is behind by moments: load what it names."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table_name,
            IndexName="unfinished",
            KeyConditionExpression="unfinished = :yes",
            ExpressionAttributeValues={":yes": {"S": "yes"}},
            ProjectionExpression="deployment_id",
        )
        # The ids are UUIDs of version 7: their order is that of creation.
        return sorted(item["deployment_id"]["S"] for page in pages for item in page["Items"])

    def save(self, deployment: Deployment, *, lease: Lease | None = None) -> Deployment:
        """The record as it now stands. With a lease, only while it is the endpoint's newest.

        Raises StaleDeployment, Unavailable.
        """
        return self._save(deployment, lease_check(self._endpoints_table, lease) if lease else None)

    def finish(
        self, deployment: Deployment, *, lease: Lease, refused_until: datetime | None
    ) -> Deployment:
        """Save what has ended, let go of its endpoint, and refuse its model until then.

        Raises StaleDeployment, Unavailable.
        """
        if deployment.plan.dry_run:
            return self.save(deployment, lease=lease)
        refused = {d: until for d, until in lease.refused.items() if until > deployment.created_at}
        if refused_until is not None:
            refused[deployment.digest] = refused_until
        release = lease_release(self._endpoints_table, lease, deployment.deployment_id, refused)
        return self._save(deployment, release)

    def _save(self, deployment: Deployment, condition: Any | None) -> Deployment:
        saved = replace(deployment, version=deployment.version + 1)
        put = self._put(saved, "version = :was", {":was": {"N": str(deployment.version)}})
        try:
            self._client.transact_write_items(
                TransactItems=[put, *([condition] if condition else [])]
            )
        except ClientError as error:
            if _failures(error) or _collided(error):
                raise StaleDeployment(deployment.deployment_id) from error
            if is_passing(error):
                raise Unavailable(str(error)) from error
            raise
        return saved

    def _claim(self, deployment: Deployment) -> Any:
        """The endpoint is nobody else's, and does not refuse the model."""
        return {
            "Update": {
                "TableName": self._endpoints_table,
                "Key": {"endpoint": {"S": deployment.endpoint}},
                "UpdateExpression": "SET active_deployment = :id",
                "ConditionExpression": (
                    "attribute_not_exists(active_deployment) AND "
                    "(attribute_not_exists(refused.#digest) OR refused.#digest <= :now)"
                ),
                "ExpressionAttributeNames": {"#digest": deployment.digest},
                "ExpressionAttributeValues": {
                    ":id": {"S": deployment.deployment_id},
                    ":now": {"S": instant(deployment.created_at)},
                },
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }

    def _remember(self, deployment: Deployment, key: str) -> Any:
        expires_at = int((deployment.created_at + _REMEMBER_KEYS).timestamp())
        return {
            "Put": {
                "TableName": self._table_name,
                "Item": {
                    **_key_of(key),
                    "created": {"S": deployment.deployment_id},
                    "content": {"S": _content(deployment)},
                    "expires_at": {"N": str(expires_at)},
                },
                "ConditionExpression": "attribute_not_exists(deployment_id)",
            }
        }

    def created_by(self, key: str, deployment: Deployment) -> Deployment | None:
        """What the key created before, if anything. Raises IdempotencyConflict."""
        remembered = self._item(_key_of(key))
        if remembered is None:
            return None
        if remembered["content"]["S"] != _content(deployment):
            raise IdempotencyConflict(
                f"idempotency key: given {key!r}, which created another deployment, "
                f"{remembered['created']['S']}; allowed the same request again, or another key"
            )
        return self.load(remembered["created"]["S"])

    def _item(self, key: Mapping[str, Any]) -> dict[str, Any] | None:
        found = self._client.get_item(TableName=self._table_name, Key=key, ConsistentRead=True)
        return found.get("Item")

    def _put(self, deployment: Deployment, condition: str, values: dict[str, Any]) -> Any:
        item = to_item(deployment_to_json(deployment))
        if deployment.is_unfinished:
            item["unfinished"] = {"S": "yes"}
        put: dict[str, Any] = {
            "TableName": self._table_name,
            "Item": item,
            "ConditionExpression": condition,
        }
        if values:
            put["ExpressionAttributeValues"] = values
        return {"Put": put}


def _refusal(error: ClientError, deployment: Deployment) -> Exception:
    """Why the endpoint was not to be had; the error itself where that is not the reason."""
    endpoint = next((each for each in _failures(error) if "endpoint" in each), None)
    if endpoint is None and _collided(error):
        return EndpointBusy(
            f"endpoint: given {deployment.endpoint!r}, which another request changes at this "
            "moment; allowed once that is over"
        )
    if endpoint is None:
        return Unavailable(str(error)) if is_passing(error) else error
    if active := endpoint.get("active_deployment"):
        return EndpointBusy(
            f"endpoint: given {deployment.endpoint!r}, where deployment {active['S']} is under "
            "way; allowed once that has ended"
        )
    until = endpoint["refused"]["M"][deployment.digest]["S"]
    return CoolDown(
        f"source: given a model that was rolled back on {deployment.endpoint!r}; allowed again "
        f"after {until}, or another model now"
    )


def _failures(error: ClientError) -> list[dict[str, Any]]:
    """The items of the conditions that did not hold, as they are; empty where none was asked."""
    return [
        reason.get("Item", {})
        for reason in _reasons(error)
        if reason["Code"] == "ConditionalCheckFailed"
    ]


def _collided(error: ClientError) -> bool:
    """Two transactions on one item: DynamoDB lets only one through."""
    return any(reason["Code"] == "TransactionConflict" for reason in _reasons(error))


def _reasons(error: ClientError) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", error.response.get("CancellationReasons", []))


def _content(deployment: Deployment) -> str:
    """What the caller chose, as opposed to what each attempt makes anew."""
    chosen = deployment_to_json(deployment)
    named = {name: chosen[name] for name in ("endpoint", "engine", "source", "plan", "created_by")}
    return hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()


def _key_of(idempotency_key: str) -> dict[str, Any]:
    return {"deployment_id": {"S": f"key#{idempotency_key}"}}


def _cursor(last: Mapping[str, Any]) -> str:
    key = {name: value["S"] for name, value in last.items()}
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def _start_of(cursor: str, endpoint: str | None) -> dict[str, Any]:
    """Only a key of this very list: DynamoDB would refuse another, or begin elsewhere."""
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor))
    except (ValueError, RecursionError):
        key = None
    names = ("deployment_id",) if endpoint is None else ("deployment_id", "endpoint", "created_at")
    if (
        not isinstance(key, dict)
        or key.keys() != set(names)
        or not all(isinstance(value, str) and value for value in key.values())
        or (endpoint is not None and key["endpoint"] != endpoint)
    ):
        raise ValueError(f"cursor: given {cursor!r}, allowed what a page of this list gave")
    return {name: {"S": value} for name, value in key.items()}
