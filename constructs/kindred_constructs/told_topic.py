"""A topic that rules tell of events, in words of ours and by a role of ours."""

from __future__ import annotations

from typing import cast

import jsii
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from kindred_constructs.grants import allow


@jsii.implements(events.IRuleTarget)
class _ToldTopic:
    """The library's own target takes the topic's key by wildcard, and wants to know its account."""

    def __init__(self, topic: sns.ITopic, role: iam.IRole, said: events.RuleTargetInput) -> None:
        self._topic = topic
        self._role = role
        self._said = said

    def bind(self, _rule: events.IRule, _id: str | None = None) -> events.RuleTargetConfig:
        return events.RuleTargetConfig(arn=self._topic.topic_arn, role=self._role, input=self._said)


def telling_role(scope: Construct, construct_id: str, *, key: kms.IKey) -> iam.Role:
    """Of rules that tell topics under this key; `told_topic` adds which."""
    role = iam.Role(scope, construct_id, assumed_by=iam.ServicePrincipal("events.amazonaws.com"))
    key.grant(role, "kms:Decrypt", "kms:GenerateDataKey")
    return role


def told_topic(topic: sns.ITopic, *, role: iam.IRole, said: str) -> events.IRuleTarget:
    """`said` may name fields of the event."""
    allow(role, [topic.topic_arn], "sns:Publish")
    text = events.RuleTargetInput.from_text(said)
    return cast("events.IRuleTarget", _ToldTopic(topic, role, text))
