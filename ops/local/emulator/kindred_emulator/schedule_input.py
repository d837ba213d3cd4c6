"""What a schedule hands to its target, and what it says where that is not possible. Pure."""

from __future__ import annotations

import time


def with_context(text: str, *, schedule_arn: str, due: float, execution_id: str) -> str:
    """The input with Scheduler's context attributes filled in; `due` is cut to its minute.

    Source: EventBridge Scheduler User Guide, "Adding context attributes".
    """
    for attribute, value in (
        ("schedule-arn", schedule_arn),
        ("scheduled-time", _minute(due)),
        ("execution-id", execution_id),
        ("attempt-number", "1"),
    ):
        text = text.replace(f"<aws.scheduler.{attribute}>", value)
    return text


def letter_attributes(
    *, schedule_arn: str, target_arn: str, due: float, execution_id: str, error: tuple[str, str]
) -> dict[str, str]:
    """Beside the input, which is the dead letter's body; `error` is a code and a message.

    Source: EventBridge Scheduler User Guide, "Retrieve the dead-letter event".
    """
    code, message = error
    return {
        "ERROR_CODE": code,
        "ERROR_MESSAGE": message,
        "EXECUTION_ID": execution_id,
        "IS_PAYLOAD_TRUNCATED": "false",
        "RETRY_ATTEMPTS": "0",
        "SCHEDULED_TIME": _minute(due),
        "SCHEDULE_ARN": schedule_arn,
        "TARGET_ARN": target_arn,
    }


def _minute(due: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:00Z", time.gmtime(due))
