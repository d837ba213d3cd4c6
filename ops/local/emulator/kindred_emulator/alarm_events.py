"""Alarms tell EventBridge when their state changes. The emulator tells SNS alone."""

from __future__ import annotations

import json
from typing import Any

from ministack.services import cloudwatch, eventbridge

from .alarm_event import alarm_event


def install() -> None:
    """An event for each change, whether the alarm's actions are enabled or not, as on AWS."""
    act = cloudwatch._dispatch_alarm_actions

    def told(alarm: dict[str, Any], old_state: str, new_state: str, reason: str) -> None:
        event = alarm_event(alarm, old_state, new_state, reason)
        entry = {
            "Source": "aws.cloudwatch",
            "DetailType": "CloudWatch Alarm State Change",
            "Detail": json.dumps(event),
            "Resources": [alarm["AlarmArn"]],
        }
        eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
        act(alarm, old_state, new_state, reason)

    cloudwatch._dispatch_alarm_actions = told
