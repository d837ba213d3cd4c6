"""A queue that hears a topic: where a person's address or a pager would be."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.local.local_platform import LocalPlatform


@dataclass(frozen=True)
class TopicListener:
    sqs: Any
    queue_url: str

    def receive(self) -> list[dict[str, Any]]:
        """The notifications since the call before, each with `Subject` and `Message`."""
        answer = self.sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


@contextmanager
def listening(platform: LocalPlatform, topic_arn: str) -> Iterator[TopicListener]:
    """Hears what the topic tells from now on, as the template of a subscriber would allow it."""
    sns, sqs = platform.aws("sns"), platform.aws("sqs")
    queue_url = sqs.create_queue(QueueName=f"listener-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    known = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
    queue_arn = known["Attributes"]["QueueArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"Policy": policy})
    subscribed = sns.subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=queue_arn)
    try:
        yield TopicListener(sqs, queue_url)
    finally:
        sns.unsubscribe(SubscriptionArn=subscribed["SubscriptionArn"])
        sqs.delete_queue(QueueUrl=queue_url)
