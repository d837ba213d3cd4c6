"""Rules of EventBridge reach their targets by the rights that AWS asks for.

Functions, topics and queues must let the rule in by their own policies, and so must the keys of
topics and queues; state machines are started as the target's role. The emulator delivers with
nobody's rights, and calls a function once, whatever becomes of it.
"""

from __future__ import annotations

import json
import logging
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import eventbridge, lambda_svc, sqs

from .encryption import needed_key
from .role_sessions import role_session
from .service_principals import service_refusal

PRINCIPAL = "events.amazonaws.com"
# A rule's schedule of the other kind is invoked by the schedules.
SCHEDULER = "aws.scheduler"
ACTIONS = {"lambda": "lambda:InvokeFunction", "sns": "sns:Publish", "sqs": "sqs:SendMessage"}

logger = logging.getLogger("kindred.events")


def install() -> None:
    """Ask before each delivery; try functions again as asynchronous invocations are."""
    invoke = eventbridge._invoke_target

    def asked(
        target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], *rest: Any
    ) -> Any:
        if event.get("Source") == SCHEDULER:
            return invoke(target, event, rule, *rest)
        refusal = _refusal(target, rule["Arn"])
        if refusal is None:
            return invoke(target, event, rule, *rest)
        logger.error("the rule %s: %s", rule["Name"], refusal)
        _keep(target, event, rule)
        return None

    eventbridge._invoke_target = asked
    eventbridge._dispatch_to_lambda = _invoke_function


def _refusal(target: dict[str, Any], rule_arn: str) -> str | None:
    arn = target["Arn"]
    service = arn.split(":")[2]
    if service == "states":
        if not target.get("RoleArn"):
            return f"the target {arn} has no role"
        session = role_session(target["RoleArn"], rule_arn.rpartition("/")[2])
        return session.refusal("states:StartExecution", arn)
    if service not in ACTIONS:
        return f"targets of {service} are not carried on the laptop"
    if target.get("RoleArn"):
        session = role_session(target["RoleArn"], rule_arn.rpartition("/")[2])
        asked = ((ACTIONS[service], arn), needed_key(ACTIONS[service], service, arn))
        return next((no for each in asked if each and (no := session.refusal(*each))), None)
    return _service_refusal(ACTIONS[service], service, arn, rule_arn)


def _service_refusal(action: str, service: str, arn: str, rule_arn: str) -> str | None:
    source = {"aws:SourceArn": rule_arn, "aws:SourceAccount": get_account_id()}
    refusal = service_refusal(PRINCIPAL, action, arn, source)
    key = None if refusal else needed_key(action, service, arn)
    return refusal or (key and service_refusal(PRINCIPAL, *key, source)) or None


def _keep(target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any]) -> None:
    """Into the target's dead-letter queue, if that lets the rule in."""
    queue = (target.get("DeadLetterConfig") or {}).get("Arn")
    if not queue:
        return
    refusal = _service_refusal("sqs:SendMessage", "sqs", queue, rule["Arn"])
    if refusal:
        logger.error("the dead-letter queue of rule %s: %s", rule["Name"], refusal)
        return
    url = sqs._queue_name_to_url.get(queue.rpartition(":")[2])
    content = eventbridge._pattern_event_view(event).event_with_detail()
    sqs._act_send_message({"QueueUrl": url, "MessageBody": json.dumps(content)}, url)


def _invoke_function(arn: str, payload: str) -> None:
    function, _, _ = lambda_svc._get_func_record_for_ref(arn)
    if function is None:
        logger.error("there is no function %s", arn)
        return
    lambda_svc.invoke_async_with_retry(function, json.loads(payload))
