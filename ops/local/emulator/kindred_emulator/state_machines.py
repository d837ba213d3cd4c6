"""State machines act as their roles, on what this project's machines ask of AWS.

The emulator walks the states; what their tasks call it calls with nobody's rights, and of SageMaker
and Athena it knows no jobs to wait for.
"""

from __future__ import annotations

import contextvars
from typing import Any

from ministack.services import iam, stepfunctions

from .role_sessions import role_session
from .service_trust import trusts
from .task_calls import UnknownIntegration, read_resource
from .task_execution import TaskFailed, run_task

PRINCIPAL = "states.amazonaws.com"
RUNNING = "RUNNING"

_execution: contextvars.ContextVar[dict[str, Any]] = contextvars.ContextVar("kindred_execution")


def install() -> None:
    """Take the place of what the emulator does in a Task."""
    execute = stepfunctions._execute_task

    def remembering(state: Any, given: Any, execution: dict[str, Any], context: Any) -> Any:
        _execution.set(execution)
        return execute(state, given, execution, context)

    stepfunctions._execute_task = remembering
    stepfunctions._invoke_resource = _invoke
    stepfunctions._invoke_with_callback = _refuse


def _invoke(resource: str, given: Any) -> Any:
    execution = _execution.get()
    machine = stepfunctions._state_machines[execution["stateMachineArn"]]
    role_arn = machine["roleArn"]
    role = iam._roles.get(role_arn.rsplit("/", 1)[-1]) or {}
    if not trusts(role.get("AssumeRolePolicyDocument"), PRINCIPAL):
        raise _failure("States.Runtime", f"{role_arn} does not trust {PRINCIPAL}")
    try:
        return run_task(
            role_session(role_arn, machine["name"]),
            read_resource(resource),
            given,
            execution_arn=execution["executionArn"],
            goes_on=lambda: execution["status"] == RUNNING,
        )
    except UnknownIntegration as unknown:
        raise _failure("States.Runtime", str(unknown)) from unknown
    except TaskFailed as failed:
        raise _failure(failed.error, failed.cause) from failed


def _refuse(resource: str, *_: Any) -> Any:
    raise _failure("States.Runtime", f"{resource} is not carried on the laptop")


def _failure(error: str, cause: str) -> Exception:
    failure: Exception = stepfunctions._ExecutionError(error, cause)
    return failure
