"""Announces what became of an experiment, by SNS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kindred.experiments.winner_selection import Notice

if TYPE_CHECKING:
    from types_boto3_sns import SNSClient


class WinnerTopic:
    def __init__(self, client: SNSClient, *, topic_arn: str) -> None:
        self._client = client
        self._topic_arn = topic_arn

    def announce(self, notice: Notice) -> None:
        self._client.publish(
            TopicArn=self._topic_arn, Subject=notice.subject, Message=notice.message
        )
