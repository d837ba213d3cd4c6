"""A message of AWS's own to a queue or topic, sent as the role that the template gives for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ministack.services import sns, sqs

if TYPE_CHECKING:
    from .role_sessions import RoleSession


def send_as(
    session: RoleSession, target: str, text: str, attributes: Mapping[str, str] | None = None
) -> str | None:
    """Of the target, its ARN. Why the role may not send it; None when it was sent.

    A queue's message has the attributes.
    """
    to_queue = ":sqs:" in target
    refusal = session.refusal("sqs:SendMessage" if to_queue else "sns:Publish", target)
    if refusal is None and to_queue:
        url = sqs._queue_name_to_url.get(target.rpartition(":")[2])
        told = {
            name: {"DataType": "String", "StringValue": value}
            for name, value in (attributes or {}).items()
        }
        sqs._act_send_message(
            {"QueueUrl": url, "MessageBody": text, "MessageAttributes": told}, url
        )
    elif refusal is None:
        sns.publish_internal(target, text)
    return refusal
