"""Where a pipeline asks for approval, and tells that it failed."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct


class PipelineNotices(sns.Topic):
    def __init__(
        self, scope: Construct, construct_id: str, *, key: kms.IKey, email: str | None
    ) -> None:
        super().__init__(scope, construct_id, master_key=key, enforce_ssl=True)
        events = iam.ServicePrincipal(
            "events.amazonaws.com",
            conditions={"StringEquals": {"aws:SourceAccount": cdk.Stack.of(self).account}},
        )
        # Rules publish as the service; the key's policy has to let it encrypt.
        key.grant(events, "kms:Decrypt", "kms:GenerateDataKey*")
        if email:
            self.add_subscription(subscriptions.EmailSubscription(email))
