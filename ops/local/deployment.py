"""Bring one stack to the state of its template, through the CloudFormation API only."""

from __future__ import annotations

import time
from enum import StrEnum
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from types_boto3_cloudformation.client import CloudFormationClient
    from types_boto3_cloudformation.literals import CapabilityType

    from ops.local.assembly import Stack

POLL_SECONDS = 0.05
LONGEST_DEPLOYMENT_SECONDS = 300
CAPABILITIES: tuple[CapabilityType, ...] = (
    "CAPABILITY_IAM",
    "CAPABILITY_NAMED_IAM",
    "CAPABILITY_AUTO_EXPAND",
)
NEVER_CREATED = frozenset({"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"})


class Change(StrEnum):
    """What a deployment did to a stack."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


class DeploymentFailed(Exception):
    """A stack did not reach its template; names the first resource that failed, and why."""

    def __init__(self, stack: str, resource: str, reason: str) -> None:
        super().__init__(f"stack {stack}: {resource}: {reason}")


def deploy_stack(client: CloudFormationClient, stack: Stack, *, template_url: str) -> Change:
    """Create or update the stack; nothing happens when it is there already."""
    status = stack_status(client, stack.name)
    if status in NEVER_CREATED:
        client.delete_stack(StackName=stack.name)
        _await_end(client, stack.name)
        status = None
    try:
        if status is None:
            client.create_stack(
                StackName=stack.name, TemplateURL=template_url, Capabilities=CAPABILITIES
            )
        else:
            client.update_stack(
                StackName=stack.name, TemplateURL=template_url, Capabilities=CAPABILITIES
            )
    except ClientError as error:
        message = error.response.get("Error", {}).get("Message", str(error))
        if "No updates are to be performed" in message:
            return Change.UNCHANGED
        raise DeploymentFailed(stack.name, "its template", message) from error
    reached = _await_end(client, stack.name)
    if reached not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        resource, reason = _first_failure(client, stack.name)
        raise DeploymentFailed(stack.name, resource, reason)
    return Change.CREATED if status is None else Change.UPDATED


def stack_status(client: CloudFormationClient, name: str) -> str | None:
    """The stack's status; None when there is no such stack."""
    try:
        return client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise


def stack_outputs(client: CloudFormationClient, name: str) -> dict[str, str]:
    """The stack's outputs by name."""
    outputs = client.describe_stacks(StackName=name)["Stacks"][0].get("Outputs", [])
    return {output.get("OutputKey", ""): output.get("OutputValue", "") for output in outputs}


def _await_end(client: CloudFormationClient, name: str) -> str | None:
    deadline = time.monotonic() + LONGEST_DEPLOYMENT_SECONDS
    while time.monotonic() < deadline:
        status = stack_status(client, name)
        if status is None or not status.endswith("_IN_PROGRESS"):
            return status
        time.sleep(POLL_SECONDS)
    raise DeploymentFailed(name, "the stack", f"not done in {LONGEST_DEPLOYMENT_SECONDS} s")


def _first_failure(client: CloudFormationClient, name: str) -> tuple[str, str]:
    pages = client.get_paginator("describe_stack_events").paginate(StackName=name)
    newest_first = [event for page in pages for event in page["StackEvents"]]
    for event in reversed(newest_first):
        if event.get("ResourceStatus", "").endswith("_FAILED"):
            resource = f"{event.get('LogicalResourceId')} ({event.get('ResourceType')})"
            return resource, event.get("ResourceStatusReason", "no reason given")
    return "the stack", "no event says why"
