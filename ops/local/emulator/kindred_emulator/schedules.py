"""Schedules invoke their functions as their roles, with the moment that they were due at.

The emulator invokes with nobody's rights, and hands on `<aws.scheduler.scheduled-time>` as it is.
"""

from __future__ import annotations

import json
import logging
from typing import Any

from ministack.core.responses import new_uuid
from ministack.services import eventbridge, lambda_svc

from .functions import function_session
from .message_delivery import send_as
from .role_sessions import RoleSession, role_session
from .schedule_input import letter_attributes, with_context

Schedule = dict[str, Any]

logger = logging.getLogger("kindred.schedules")


def install() -> None:
    """Take the place of the emulator's invocation of functions; other targets stay with it."""
    invoke, route = eventbridge._invoke_target, lambda_svc._route_async_failure

    def invoked(target: Any, event: Any, source: Schedule, *rest: Any) -> Any:
        if event.get("Source") == "aws.scheduler" and ":lambda:" in target["Arn"]:
            return _invoke(target, source, due=float(event["Time"]))
        return invoke(target, event, source, *rest)

    def routed(target_arn: str, name: str, event: Any, result: Any) -> None:
        """A failure's destination is written to as the function's role."""
        session = function_session(lambda_svc._functions[name]["config"])
        action = "sqs:SendMessage" if ":sqs:" in target_arn else "sns:Publish"
        refusal = session.refusal(action, target_arn)
        if refusal:
            logger.error("the failure destination of %s: %s", name, refusal)
        else:
            route(target_arn, name, event, result)

    eventbridge._invoke_target = invoked
    lambda_svc._route_async_failure = routed


def _invoke(target: dict[str, Any], schedule: Schedule, *, due: float) -> None:
    arn, execution_id = target["Arn"], new_uuid()
    session = role_session(target["RoleArn"], schedule["Name"])
    text = with_context(
        target.get("Input") or "{}",
        schedule_arn=schedule["Arn"],
        due=due,
        execution_id=execution_id,
    )
    refusal = session.refusal("lambda:InvokeFunction", arn)
    function, _, _ = lambda_svc._get_func_record_for_ref(arn)
    if refusal is None and function:
        lambda_svc.invoke_async_with_retry(function, json.loads(text))
        return
    attributes = letter_attributes(
        schedule_arn=schedule["Arn"],
        target_arn=arn,
        due=due,
        execution_id=execution_id,
        error=("AccessDeniedException", refusal)
        if refusal
        else ("ResourceNotFoundException", f"there is no function {arn}"),
    )
    _give_up(session, target, schedule, text, attributes)


def _give_up(
    session: RoleSession,
    target: dict[str, Any],
    schedule: Schedule,
    text: str,
    attributes: dict[str, str],
) -> None:
    logger.error("the schedule %s: %s", schedule["Name"], attributes["ERROR_MESSAGE"])
    queue = (target.get("DeadLetterConfig") or {}).get("Arn")
    lost = queue and send_as(session, queue, text, attributes)
    if lost:
        logger.error("the dead-letter queue of schedule %s: %s", schedule["Name"], lost)
