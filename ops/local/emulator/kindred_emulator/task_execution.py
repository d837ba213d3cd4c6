"""A Task state's call of AWS, signed by a session of the machine's role and sent over the network.

So every service checks it as it checks any caller: its policies, and those of keys and resources.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from ministack.core.responses import get_account_id, get_region

from .role_sessions import RoleSession
from .task_calls import TaskCall, error_name
from .task_shapes import from_answer, to_parameters

POLL_SECONDS = 0.5
# A function may take a quarter of an hour.
LONGEST_CALL_SECONDS = 900
RULE_ACTIONS = ("events:PutTargets", "events:PutRule", "events:DescribeRule")

_making = threading.Lock()


class TaskFailed(Exception):
    """An error by the name that Retry and Catch see, and its cause."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(f"{error}: {cause}")
        self.error, self.cause = error, cause


def run_task(
    session: RoleSession,
    task: TaskCall,
    given: Any,
    *,
    execution_arn: str,
    goes_on: Callable[[], bool],
) -> Any:
    """The state's result; of a job, its last description. Raises TaskFailed.

    A job is stopped when the execution does not go on.
    """
    if task.service.client == "lambda" and task.operation == "Invoke":
        return _invoke(session, task, given)
    if task.job and task.job.rule:
        _require_rule(session, task.job.rule)
    if task.service.client == "events" and task.optimized:
        given = _with_resources(given, execution_arn)
    answer = _call(session, task, task.operation, given)
    if task.job is None:
        if answer.get("FailedEntryCount"):
            raise TaskFailed(f"{task.service.prefix}.FailedEntry", json.dumps(answer))
        return answer
    return _follow(session, task, {**given, **answer}, goes_on)


def _follow(
    session: RoleSession, task: TaskCall, named: Mapping[str, Any], goes_on: Callable[[], bool]
) -> Any:
    job = task.job
    assert job is not None
    name = {job.name: named[job.name]}
    while True:
        description = _call(session, task, job.describe, name)
        succeeded = job.outcome(description)
        if succeeded is not None:
            break
        if not goes_on():
            _call(session, task, job.stop, name)
            raise TaskFailed("States.TaskFailed", "the execution was stopped")
        time.sleep(POLL_SECONDS)
    if not succeeded:
        raise TaskFailed("States.TaskFailed", json.dumps(description))
    return description


def _invoke(session: RoleSession, task: TaskCall, given: Any) -> Any:
    """Errors of the function itself go by the name that it gave them."""
    wanted = {"FunctionName": task.function, "Payload": given} if task.function else given
    answer = _call(session, task, "Invoke", {**wanted, "Payload": wanted.get("Payload", {})})
    text = answer.get("Payload") or "null"
    try:
        payload = json.loads(text)
    except ValueError:
        payload = text
    if answer.get("FunctionError"):
        error = payload.get("errorType") if isinstance(payload, dict) else None
        raise TaskFailed(error or "Lambda.Unknown", text)
    return payload if task.function else {**answer, "Payload": payload}


def _call(session: RoleSession, task: TaskCall, operation: str, given: Any) -> dict[str, Any]:
    client = _client(task.service.client, session, get_region())
    model = client.meta.service_model.operation_model(operation)
    parameters = to_parameters(model.input_shape, given, optimized=task.optimized)
    try:
        answer = getattr(client, xform_name(operation))(**parameters)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        modelled = any(code in (shape.error_code, shape.name) for shape in _errors(client))
        name = error_name(task.service, code, modelled=modelled)
        raise TaskFailed(name, error.response["Error"].get("Message", str(error))) from error
    except ParamValidationError as error:
        raise TaskFailed("States.Runtime", str(error)) from error
    except BotoCoreError as error:
        raise TaskFailed(f"{task.service.prefix}.SdkClientException", str(error)) from error
    found: dict[str, Any] = from_answer(model.output_shape, answer)
    return found


def _errors(client: Any) -> list[Any]:
    errors: list[Any] = client.meta.service_model.error_shapes
    return errors


@cache
def _client(service: str, session: RoleSession, region: str) -> Any:
    """No retries of its own: those are the state machine's."""
    with _making:
        return _botocore().create_client(
            service,
            region_name=region,
            endpoint_url=f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}",
            aws_access_key_id=session.access_key_id,
            aws_secret_access_key=session.secret_access_key,
            aws_session_token=session.session_token,
            config=Config(
                retries={"total_max_attempts": 1},
                read_timeout=LONGEST_CALL_SECONDS,
                s3={"addressing_style": "path"},
            ),
        )


@cache
def _botocore() -> botocore.session.Session:
    return botocore.session.Session()


def _require_rule(session: RoleSession, rule: str) -> None:
    """AWS refuses a machine whose role may not be told of its jobs' ends, when it is made."""
    arn = f"arn:aws:events:{get_region()}:{get_account_id()}:rule/{rule}"
    for action in RULE_ACTIONS:
        refusal = session.refusal(action, arn)
        if refusal:
            raise TaskFailed("States.Runtime", f"{refusal}, which the managed rule needs")


def _with_resources(given: Mapping[str, Any], execution_arn: str) -> dict[str, Any]:
    """Step Functions adds to each event which execution sent it."""
    entries = [
        {**entry, "Resources": [*entry.get("Resources", []), execution_arn]}
        for entry in given.get("Entries", [])
    ]
    return {**given, "Entries": entries}
