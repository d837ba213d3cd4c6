"""What a schedule hands to its target: the template's input, with its attributes. Pure."""

from __future__ import annotations

import time


def with_context(text: str, *, schedule_arn: str, due: float, execution_id: str) -> str:
    """The input with Scheduler's context attributes filled in; `due` is cut to its minute.

    Source: EventBridge Scheduler User Guide, "Adding context attributes".
    """
    minute = time.strftime("%Y-%m-%dT%H:%M:00Z", time.gmtime(due))
    for attribute, value in (
        ("schedule-arn", schedule_arn),
        ("scheduled-time", minute),
        ("execution-id", execution_id),
        ("attempt-number", "1"),
    ):
        text = text.replace(f"<aws.scheduler.{attribute}>", value)
    return text
