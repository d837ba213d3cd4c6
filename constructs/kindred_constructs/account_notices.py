"""What AWS says of the account on its event bus, told where alarms are told."""

from __future__ import annotations

from typing import Any

from aws_cdk import aws_events as events
from constructs import Construct

from kindred_constructs.alarm_topics import AlarmTopics
from kindred_constructs.operator_alarm import Severity, describe
from kindred_constructs.told_topic import telling_role, told_topic


class AccountNotices(Construct):
    def __init__(self, scope: Construct, construct_id: str, *, topics: AlarmTopics) -> None:
        super().__init__(scope, construct_id)
        self._topics = topics
        self._role = telling_role(self, "Role", key=topics.key)

    def tell(
        self,
        construct_id: str,
        *,
        happened: str,
        severity: Severity,
        source: str,
        detail_type: str,
        detail: dict[str, Any],
        shown: dict[str, str],
    ) -> None:
        """Of events with this detail; `shown` are words, and where in the event they are found."""
        facts = ", ".join(
            f"{word} {events.EventField.from_path(path)}" for word, path in shown.items()
        )
        text = f"{describe(happened, severity=severity, runbook='account-guards')} ({facts})"
        events.Rule(
            self,
            construct_id,
            event_pattern=events.EventPattern(
                source=[source], detail_type=[detail_type], detail=detail
            ),
            targets=[told_topic(self._topics.of(severity), role=self._role, said=text)],
        )
