"""Writes a notice to the channel of the people who run the platform."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.logging import Logger

from kindred.reporting.notice_channels import slack_message
from operations_functions.notice_settings import secret, settings, told
from operations_functions.web_post import NotTaken, post_json

API = "https://slack.com/api/chat.postMessage"

logger = Logger()


def handler(event: Mapping[str, Any], _context: object) -> None:
    """Raises OSError or NotTaken: Lambda tries again, and keeps the notice where that is vain."""
    for notice, severity in told(event):
        if notice.state == "calm":
            # As each new alarm is once. One that was on and lost its metric ends so, too, untold:
            # its message is the same. Each alarm says what missing data means, so that none does.
            continue
        body = slack_message(
            notice,
            channel=os.environ["SLACK_CHANNEL"],
            environment=settings().environment,
            severity=severity,
        )
        answer = post_json(API, body, headers={"Authorization": f"Bearer {secret()}"})
        # Slack answers 200 for what it refuses, and says so in the body.
        if not answer.get("ok"):
            raise NotTaken(f"slack: {answer.get('error', answer)}")
        logger.info("told Slack", notice=notice.title, state=notice.state, severity=severity)
