"""Where notices of alarms go beside mail: PagerDuty for those that wake, Slack for both kinds."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from kindred_constructs.alarm_topics import AlarmTopic, AlarmTopics
from kindred_constructs.function_asset import FunctionAsset
from kindred_constructs.grants import allow
from kindred_constructs.kept_failures import KeptFailures


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackChannel:
    """`secret_arn` is complete, of a secret whose text is a bot's token."""

    secret_arn: str
    channel: str


class AlarmChannels(Construct):
    """What a channel does not take is tried again, and kept with the undelivered notices."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        alarms: AlarmTopics,
        asset: FunctionAsset,
        slack: SlackChannel | None,
        pagerduty_secret_arn: str | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._alarms = alarms
        self._asset = asset
        if pagerduty_secret_arn:
            self._add("PageOnCall", pagerduty_secret_arn, alarms.critical)
        if slack:
            self._add(
                "TellSlack",
                slack.secret_arn,
                alarms.critical,
                alarms.warning,
                SLACK_CHANNEL=slack.channel,
            )

    def _add(self, name: str, secret_arn: str, *topics: AlarmTopic, **environment: str) -> None:
        function = self._asset.function(
            self,
            name,
            # Two tries of five seconds each, and a start.
            timeout_seconds=20,
            memory_mib=256,
            environment={
                "SECRET_ARN": secret_arn,
                "CRITICAL_TOPIC_ARN": self._alarms.critical.topic_arn,
                **environment,
            },
        )
        allow(function.role, [secret_arn], "secretsmanager:GetSecretValue")
        KeptFailures(
            self, f"{name}Failures", function=function, dead_letters=self._alarms.undelivered
        )
        for topic in topics:
            topic.add_subscription(
                subscriptions.LambdaSubscription(
                    function.function, dead_letter_queue=self._alarms.undelivered.queue
                )
            )
