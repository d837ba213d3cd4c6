"""A queue of what could not be done, for somebody to look at: an alarm tells of the first."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from kindred_constructs.operator_alarm import OperatorAlarm, Severity


class DeadLetters(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        key: kms.IKey,
        of: str,
        runbook: str = "dead-letters",
    ) -> None:
        """`of` is what its letters were, for the alarm's description."""
        super().__init__(scope, construct_id)
        self._key = key
        self.queue = sqs.Queue(
            self,
            "Resource",
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=key,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
        )
        self.alarm = OperatorAlarm(
            self,
            "Alarm",
            happened=f"{of} could not be handled and wait to be looked at",
            runbook=runbook,
            severity=Severity.WARNING,
            metric=self.queue.metric_approximate_number_of_messages_visible(
                period=cdk.Duration.minutes(1), statistic="Maximum"
            ),
            threshold=0,
        )

    def grant_send(self, grantee: iam.IGrantable) -> None:
        self.queue.grant(grantee, "sqs:SendMessage")
        self._key.grant(grantee, "kms:Decrypt", "kms:GenerateDataKey")

    def grant_look_through(self, grantee: iam.IGrantable) -> None:
        """Receive letters, put them back, and remove some."""
        self.queue.grant(
            grantee, "sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:ReceiveMessage"
        )
        self._key.grant(grantee, "kms:Decrypt")
