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
_QUALITY = (("recall@10", "recall_at_10"), ("precision@10", "precision_at_10"), ("MAP", "map"))


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
    told, story = 0, _Story()
    while True:
        execution = client.describe_execution(executionArn=arn)
        events = list(_history(client, arn))
        for event in events[told:]:
            for line in story.lines(event):
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


class _Story:
    """What is new in each task's answer; of a task that only looked again, nothing."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._said = ""

    def lines(self, event: Mapping[str, Any]) -> Iterator[str]:
        details = event.get("stateExitedEventDetails")
        # Choices, waits and passes say nothing that the tasks beside them do not.
        if not details or event.get("type") != "TaskStateExited":
            return
        name, output = details["name"], _output(details)
        said = _newest(output)
        new = said != self._said
        if new or name not in self._names:
            yield f"{event['timestamp']:%H:%M:%S}  {name}{f': {said}' if new and said else ''}"
        if name not in self._names:
            yield from (f"          {line}" for line in _figures(output, name))
        self._names.add(name)
        self._said = said


def _output(details: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        output = json.loads(details.get("output") or "{}")
    except ValueError:
        return {}
    return output if isinstance(output, dict) else {}


def _newest(output: Mapping[str, Any]) -> str:
    """The reason, error or notice of the newest answer in the machine's state."""
    for answer in reversed([each for each in output.values() if isinstance(each, dict)]):
        if "Error" in answer:
            return f"{answer['Error']}: {answer.get('Cause', 'no cause given')}"
        headline = (answer.get("notice") or {}).get("subject", "")
        # A notice's subject begins with the run's name, which whoever watches knows.
        said = answer.get("reason") or headline.rpartition(f"{output.get('run_id')}: ")[2]
        if said:
            return str(said)
    return ""


def _figures(output: Mapping[str, Any], name: str) -> Iterator[str]:
    """Both models' quality, once it is known."""
    if name != "EvaluateModel":
        return
    metrics, plan = output["evaluation"]["metrics"], output["plan"]
    for words, metric in _QUALITY:
        yield (
            f"{words:12}  {plan['candidate_version']} {metrics[metric]:.4f}   "
            f"{plan['baseline_version']} {metrics[f'baseline_{metric}']:.4f}"
        )


def _ended(execution: Mapping[str, Any]) -> Run:
    status = str(execution["status"])
    if status == "SUCCEEDED":
        return Run(name=execution["name"], status=status)
    failure = f"{status}: {execution.get('error', '')} {execution.get('cause', '')}".strip()
    return Run(name=execution["name"], status=status, failure=failure)
