"""What AWS says of the account on its event bus, told where alarms are told."""

from __future__ import annotations

from typing import Any, cast

import jsii
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from kindred_constructs.alarm_topics import AlarmTopics
from kindred_constructs.operator_alarm import Severity, describe


class AccountNotices(Construct):
    def __init__(self, scope: Construct, construct_id: str, *, topics: AlarmTopics) -> None:
        super().__init__(scope, construct_id)
        self._topics = topics
        self._role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("events.amazonaws.com"))
        topics.key.grant(self._role, "kms:Decrypt", "kms:GenerateDataKey")

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
        topic = self._topics.of(severity)
        iam.Grant.add_to_principal(
            grantee=self._role, actions=["sns:Publish"], resource_arns=[topic.topic_arn]
        )
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
            targets=[cast("events.IRuleTarget", _Told(topic, self._role, text))],
        )


@jsii.implements(events.IRuleTarget)
class _Told:
    """The library's own target takes the topic's key by wildcard."""

    def __init__(self, topic: sns.ITopic, role: iam.IRole, text: str) -> None:
        self._topic = topic
        self._role = role
        self._text = text

    def bind(self, _rule: events.IRule, _id: str | None = None) -> events.RuleTargetConfig:
        return events.RuleTargetConfig(
            arn=self._topic.topic_arn,
            role=self._role,
            input=events.RuleTargetInput.from_text(self._text),
        )
