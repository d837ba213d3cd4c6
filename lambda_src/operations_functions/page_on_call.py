"""Pages whoever is on call by PagerDuty, and closes the page when the alarm ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.logging import Logger

from kindred.reporting.notice_channels import page
from operations_functions.notice_settings import secret, settings, told
from operations_functions.web_post import NotTaken, post_json

API = "https://events.pagerduty.com/v2/enqueue"

logger = Logger()


def handler(event: Mapping[str, Any], _context: object) -> None:
    """Raises OSError or NotTaken: Lambda tries again, and keeps the notice where that is vain."""
    for notice, severity in told(event):
        body = page(
            notice,
            routing_key=secret(),
            environment=settings().environment,
            severity=severity,
        )
        answer = post_json(API, body)
        if answer.get("status") != "success":
            raise NotTaken(f"pagerduty: {answer.get('message', answer)}")
        logger.info("paged", notice=notice.title, state=notice.state, key=body["dedup_key"])
