"""Bringing a stack to its template."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ops.local.assembly import Stack
from ops.local.deployment import Change, DeploymentFailed, deploy_stack

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class FakeCloudFormation:
    """One stack: its status now, and what it becomes by the next change."""

    def __init__(self, status: str | None, becomes: str = "CREATE_COMPLETE") -> None:
        self.status = status
        self.becomes = becomes
        self.calls: list[str] = []
        self.events: list[dict[str, Any]] = []
        self.refusal: str | None = None

    def describe_stacks(self, StackName: str) -> dict[str, Any]:
        if self.status is None:
            raise _error(f"Stack with id {StackName} does not exist")
        return {"Stacks": [{"StackStatus": self.status}]}

    def create_stack(self, **_: Any) -> None:
        self._change("create")

    def update_stack(self, **_: Any) -> None:
        self._change("update")

    def delete_stack(self, StackName: str) -> None:
        self.calls.append("delete")
        self.status = None

    def get_paginator(self, _: str) -> FakeCloudFormation:
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        """Newest first, on two pages, as CloudFormation gives them."""
        return [{"StackEvents": self.events[:1]}, {"StackEvents": self.events[1:]}]

    def _change(self, call: str) -> None:
        if self.refusal:
            raise _error(self.refusal)
        self.calls.append(call)
        self.status = self.becomes


def _error(message: str) -> ClientError:
    return ClientError({"Error": {"Code": "ValidationError", "Message": message}}, "operation")


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    (tmp_path / "t.json").write_text(json.dumps({"Resources": {}}))
    return Stack("Kindred-DataStack", tmp_path / "t.json", (), "Kindred/DataStack", "us-east-1")


def _deploy(client: FakeCloudFormation, stack: Stack) -> Change:
    return deploy_stack(client, stack, template_url="https://s3/bucket/key")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("status", "becomes", "change", "calls"),
    [
        pytest.param(None, "CREATE_COMPLETE", Change.CREATED, ["create"], id="a new stack"),
        pytest.param(
            "CREATE_COMPLETE", "UPDATE_COMPLETE", Change.UPDATED, ["update"], id="a stack that runs"
        ),
        pytest.param(
            "UPDATE_ROLLBACK_COMPLETE",
            "UPDATE_COMPLETE",
            Change.UPDATED,
            ["update"],
            id="one whose last update was taken back",
        ),
        pytest.param(
            "ROLLBACK_COMPLETE",
            "CREATE_COMPLETE",
            Change.CREATED,
            ["delete", "create"],
            id="one that was never created",
        ),
    ],
)
def test_a_stack_reaches_its_template(
    stack: Stack, status: str | None, becomes: str, change: Change, calls: list[str]
) -> None:
    client = FakeCloudFormation(status, becomes)

    assert _deploy(client, stack) is change
    assert client.calls == calls


def test_a_stack_that_is_there_already_is_left_alone(stack: Stack) -> None:
    client = FakeCloudFormation("CREATE_COMPLETE")
    client.refusal = "No updates are to be performed."

    assert _deploy(client, stack) is Change.UNCHANGED


def test_a_failure_names_the_first_resource_that_failed_and_why(stack: Stack) -> None:
    client = FakeCloudFormation(None, "ROLLBACK_COMPLETE")
    client.events = [
        _event("Kindred-DataStack", "ROLLBACK_COMPLETE", "", seconds=3),
        _event("Table", "CREATE_FAILED", "Resource creation cancelled", seconds=2),
        _event("Bucket", "CREATE_FAILED", "the name is taken", seconds=1),
    ]

    with pytest.raises(DeploymentFailed, match=r"Bucket \(AWS::X::Y\): the name is taken"):
        _deploy(client, stack)


def test_a_template_that_is_refused_says_what_the_service_said(stack: Stack) -> None:
    client = FakeCloudFormation(None)
    client.refusal = "Unsupported resource type: AWS::New::Thing"

    with pytest.raises(DeploymentFailed, match="AWS::New::Thing"):
        _deploy(client, stack)


def _event(resource: str, status: str, reason: str, *, seconds: int) -> dict[str, Any]:
    return {
        "LogicalResourceId": resource,
        "ResourceType": "AWS::X::Y",
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
        "Timestamp": NOON + timedelta(seconds=seconds),
    }
