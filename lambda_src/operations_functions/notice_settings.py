"""What the functions that tell an alarm are told themselves, and the notices of an event."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities import parameters

from kindred.reporting.notice_channels import Severity
from kindred.reporting.notices import Notice, read_notice

# A new secret is in use after this long, without a deployment.
_SECRET_SECONDS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeSettings:
    environment: str
    critical_topic_arn: str
    secret_arn: str


@cache
def settings() -> NoticeSettings:
    """Raises KeyError for what is missing."""
    return NoticeSettings(
        environment=os.environ["ENVIRONMENT"],
        critical_topic_arn=os.environ["CRITICAL_TOPIC_ARN"],
        secret_arn=os.environ["SECRET_ARN"],
    )


def secret() -> str:
    return str(parameters.get_secret(settings().secret_arn, max_age=_SECRET_SECONDS)).strip()


def told(event: Mapping[str, Any]) -> Iterator[tuple[Notice, Severity]]:
    """Of SNS's event; how urgent it is says the topic."""
    for record in event["Records"]:
        sns = record["Sns"]
        notice = read_notice(
            sns.get("Subject"), sns["Message"], message_id=sns["MessageId"], at=sns["Timestamp"]
        )
        critical = sns["TopicArn"] == settings().critical_topic_arn
        yield notice, "critical" if critical else "warning"
