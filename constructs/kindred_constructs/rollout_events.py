"""What happens to a rollout: what wakes its functions, and who is told of a transition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import jsii
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from kindred_constructs.dead_letters import DeadLetters
from kindred_constructs.kept_failures import KeptFailures
from kindred_constructs.python_function import PythonFunction

SOURCE = "kindred.rollout"
TRANSITION = "Deployment State Change"


class RolloutEvents(Construct):
    """The environment's own bus: on the account's, every environment would hear every other."""

    def __init__(self, scope: Construct, construct_id: str, *, name: str, key: kms.IKey) -> None:
        super().__init__(scope, construct_id)
        self._key = key
        self.bus = events.EventBus(self, "Resource", event_bus_name=name)

    def grant_put(self, grantee: iam.IGrantable) -> None:
        iam.Grant.add_to_principal(
            grantee=grantee, actions=["events:PutEvents"], resource_arns=[self.bus.event_bus_arn]
        )

    def tell(
        self, construct_id: str, *, topic: sns.ITopic, key: kms.IKey, to: Sequence[str] = ()
    ) -> None:
        """Of every transition, or of those to these states alone; `key` is the topic's."""
        role = iam.Role(
            self,
            f"{construct_id}Role",
            assumed_by=iam.ServicePrincipal("events.amazonaws.com"),
        )
        iam.Grant.add_to_principal(
            grantee=role, actions=["sns:Publish"], resource_arns=[topic.topic_arn]
        )
        key.grant(role, "kms:Decrypt", "kms:GenerateDataKey")
        events.Rule(
            self,
            construct_id,
            event_bus=self.bus,
            event_pattern=events.EventPattern(
                source=[SOURCE],
                detail_type=[TRANSITION],
                detail={"to": list(to)} if to else None,
            ),
            targets=[cast("events.IRuleTarget", _Told(topic, role))],
        )


class SageMakerEvents(Construct):
    """What SageMaker itself says, on the account's bus, and the function that hears it."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        detail_type: str,
        detail: dict[str, list[str]],
        function: PythonFunction,
        dead_letters: DeadLetters | None,
    ) -> None:
        """Without `dead_letters` a failure is left to what else runs the function."""
        super().__init__(scope, construct_id)
        events.Rule(
            self,
            "Resource",
            event_pattern=events.EventPattern(
                source=["aws.sagemaker"], detail_type=[detail_type], detail=detail
            ),
            targets=[targets.LambdaFunction(function.function)],
        )
        if dead_letters:
            KeptFailures(self, "Failures", function=function, dead_letters=dead_letters)


@jsii.implements(events.IRuleTarget)
class _Told:
    """The library's own target takes the topic's key by wildcard, and wants to know its account."""

    def __init__(self, topic: sns.ITopic, role: iam.IRole) -> None:
        self._topic = topic
        self._role = role

    def bind(self, _rule: events.IRule, _id: str | None = None) -> events.RuleTargetConfig:
        return events.RuleTargetConfig(arn=self._topic.topic_arn, role=self._role, input=_words())


def _words() -> events.RuleTargetInput:
    detail = {
        name: events.EventField.from_path(f"$.detail.{name}")
        for name in ("deployment_id", "endpoint", "from", "to", "reason", "at")
    }
    return events.RuleTargetInput.from_text(
        f"{detail['endpoint']}: {detail['from']} to {detail['to']}: {detail['reason']} "
        f"(deployment {detail['deployment_id']}, {detail['at']})"
    )
