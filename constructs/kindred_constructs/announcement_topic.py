"""Where people are told what was decided, with the reasons."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from kindred_constructs.grants import allow


class AnnouncementTopic(sns.Topic):
    def __init__(
        self, scope: Construct, construct_id: str, *, key: kms.IKey, email: str | None
    ) -> None:
        super().__init__(scope, construct_id, master_key=key, enforce_ssl=True)
        self.key = key
        if email:
            self.add_subscription(subscriptions.EmailSubscription(email))

    def grant_announce(self, grantee: iam.IGrantable) -> None:
        """The L2's own grant names the key's actions by wildcard."""
        allow(grantee, [self.topic_arn], "sns:Publish")
        self.key.grant(grantee, "kms:Decrypt", "kms:GenerateDataKey")
