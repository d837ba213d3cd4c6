"""Runs of the retraining machine: started by its function, read from their history."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3

from ops.local.running_platform import RunningPlatform

if TYPE_CHECKING:
    from types_boto3_stepfunctions import SFNClient

_POLL_SECONDS = 1.0
_RUNNING = "RUNNING"


class NoSuchRun(RuntimeError):
    """There is no run to watch, or none was started; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """`status` is Step Functions' own; `failure` its error and cause, of a run that failed."""

    name: str
    status: str
    failure: str | None = None


def start_run(platform: RunningPlatform) -> str:
    """The new run's name. Raises NoSuchRun with the function's reason when it starts none."""
    name = f"by-hand-{datetime.now(UTC):%Y%m%dT%H%M%S}"
    answer = boto3.client("lambda").invoke(
        FunctionName=platform.output("StartRetrainingFunctionName"),
        Payload=json.dumps({"run_id": name}).encode(),
    )
    said = json.loads(answer["Payload"].read())
    if "FunctionError" in answer or not said.get("started"):
        raise NoSuchRun(f"no run was started: {said.get('reason') or said.get('errorMessage')}")
    return name


def watch_run(
    platform: RunningPlatform,
    name: str | None,
    *,
    until: str | None,
    say: Callable[[str], None],
    sleep: Callable[[float], None] = time.sleep,
) -> Run:
    """Until the run ends or enters the state `until`. Raises NoSuchRun."""
    client = boto3.client("stepfunctions")
    arn = _find(client, platform.output("RetrainingStateMachineArn"), name)
    told = 0
    while True:
        execution = client.describe_execution(executionArn=arn)
        events = list(_history(client, arn))
        for event in events[told:]:
            if line := _line(event):
                say(line)
            if until and event.get("stateEnteredEventDetails", {}).get("name") == until:
                return Run(name=execution["name"], status=f"entered {until}")
        told = len(events)
        if execution["status"] != _RUNNING:
            return _ended(execution)
        sleep(_POLL_SECONDS)


def _find(client: SFNClient, machine: str, name: str | None) -> str:
    for page in client.get_paginator("list_executions").paginate(stateMachineArn=machine):
        for execution in page["executions"]:
            if name in (None, execution["name"]):
                return execution["executionArn"]
    wanted = f"a run {name}" if name else "a run"
    raise NoSuchRun(f"there is not {wanted} of {machine}: `kindred retraining start` starts one")


def _history(client: SFNClient, arn: str) -> Iterator[Mapping[str, Any]]:
    for page in client.get_paginator("get_execution_history").paginate(executionArn=arn):
        yield from page["events"]


def _line(event: Mapping[str, Any]) -> str | None:
    """When a state was left, and what its answer says of itself."""
    details = event.get("stateExitedEventDetails")
    if not details:
        return None
    return f"{event['timestamp']:%H:%M:%S}  {details['name']}{_said(details)}"


def _said(details: Mapping[str, Any]) -> str:
    """The newest notice or reason in the state's output."""
    try:
        output = json.loads(details.get("output") or "{}")
    except ValueError:
        return ""
    answers = [each for each in output.values() if isinstance(each, dict)] if output else []
    for answer in reversed(answers):
        said = answer.get("reason") or (answer.get("notice") or {}).get("subject")
        if said:
            return f": {said}"
    return ""


def _ended(execution: Mapping[str, Any]) -> Run:
    status = str(execution["status"])
    if status == "SUCCEEDED":
        return Run(name=execution["name"], status=status)
    failure = f"{status}: {execution.get('error', '')} {execution.get('cause', '')}".strip()
    return Run(name=execution["name"], status=status, failure=failure)
