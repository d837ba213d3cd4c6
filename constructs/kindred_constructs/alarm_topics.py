"""Where alarms are told, by how soon somebody must look: one topic a severity."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from kindred_constructs.dead_letters import DeadLetters
from kindred_constructs.operator_alarm import AnyOperatorAlarm, Severity
from kindred_constructs.telemetry_key import PUBLISHERS


class AlarmTopic(sns.Topic):
    """Encrypted, over TLS, and written to by this account's alarms and budgets alone."""

    def __init__(self, scope: Construct, construct_id: str, *, key: kms.IKey) -> None:
        super().__init__(scope, construct_id, master_key=key, enforce_ssl=True)
        # A policy of ours replaces the one by which alarms of the account may publish.
        self.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(service) for service in PUBLISHERS],
                actions=["sns:Publish"],
                resources=[self.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": cdk.Stack.of(self).account}},
            )
        )

    def hear(self, *alarms: cloudwatch.AlarmBase) -> None:
        """Of its beginning and of its end, by which a page is closed again."""
        action = actions.SnsAction(self)
        for alarm in alarms:
            alarm.add_alarm_action(action)
            alarm.add_ok_action(action)


class AlarmTopics(Construct):
    """`critical` wakes somebody, `warning` waits for the morning, `information` for a look."""

    def __init__(
        self, scope: Construct, construct_id: str, *, key: kms.IKey, email: str | None
    ) -> None:
        super().__init__(scope, construct_id)
        self.key = key
        self.critical = AlarmTopic(self, "Critical", key=key)
        self.warning = AlarmTopic(self, "Warning", key=key)
        self.information = AlarmTopic(self, "Information", key=key)
        self.undelivered = DeadLetters(
            self, "Undelivered", key=key, of="Notices of alarms", runbook="undelivered-notices"
        )
        self._by_severity = {
            Severity.CRITICAL: self.critical,
            Severity.WARNING: self.warning,
            Severity.INFORMATION: self.information,
        }
        # Where a page cannot be delivered, the mail of a warning may still arrive.
        self.hear(self.undelivered.alarm)
        if email:
            for topic in (self.critical, self.warning, self.information):
                topic.add_subscription(
                    subscriptions.EmailSubscription(email, dead_letter_queue=self.undelivered.queue)
                )

    def hear(self, *alarms: AnyOperatorAlarm) -> None:
        """Each where its severity belongs."""
        for alarm in alarms:
            self.of(alarm.severity).hear(alarm)

    def of(self, severity: Severity) -> AlarmTopic:
        return self._by_severity[severity]
