"""Where a pipeline asks for approval, and tells that it failed."""

from __future__ import annotations

from typing import cast

import aws_cdk as cdk
import jsii
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct


@jsii.implements(events.IRuleTarget)
class _RuleTarget:
    """The library's target for a topic lets in the rules of every account."""

    def __init__(self, topic_arn: str) -> None:
        self._topic_arn = topic_arn

    def bind(self, _rule: events.IRule, _id: str | None = None) -> events.RuleTargetConfig:
        return events.RuleTargetConfig(arn=self._topic_arn)


class PipelineNotices(sns.Topic):
    def __init__(
        self, scope: Construct, construct_id: str, *, key: kms.IKey, email: str | None
    ) -> None:
        super().__init__(scope, construct_id, master_key=key, enforce_ssl=True)
        rules = iam.ServicePrincipal(
            "events.amazonaws.com",
            conditions={"StringEquals": {"aws:SourceAccount": cdk.Stack.of(self).account}},
        )
        # Rules publish as the service; the key's policy has to let it encrypt.
        key.grant(rules, "kms:Decrypt", "kms:GenerateDataKey*")
        self.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[rules], actions=["sns:Publish"], resources=[self.topic_arn]
            )
        )
        if email:
            self.add_subscription(subscriptions.EmailSubscription(email))

    def as_target(self) -> events.IRuleTarget:
        return cast("events.IRuleTarget", _RuleTarget(self.topic_arn))
