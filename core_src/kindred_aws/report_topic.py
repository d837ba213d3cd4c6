"""Mails a report, by SNS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kindred.reporting.report import Report

if TYPE_CHECKING:
    from types_boto3_sns import SNSClient


class ReportTopic:
    def __init__(self, client: SNSClient, *, topic_arn: str) -> None:
        self._client = client
        self._topic_arn = topic_arn

    def send(self, report: Report) -> None:
        self._client.publish(TopicArn=self._topic_arn, Subject=report.subject, Message=report.text)
