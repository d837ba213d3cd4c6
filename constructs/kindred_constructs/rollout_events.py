"""What happens to a rollout: what wakes its functions, and who is told of a transition."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from kindred_constructs.dead_letters import DeadLetters
from kindred_constructs.grants import allow
from kindred_constructs.kept_failures import KeptFailures
from kindred_constructs.python_function import PythonFunction
from kindred_constructs.told_topic import telling_role, told_topic

SOURCE = "kindred.rollout"
TRANSITION = "Deployment State Change"


class RolloutEvents(Construct):
    """The environment's own bus: on the account's, every environment would hear every other."""

    def __init__(self, scope: Construct, construct_id: str, *, name: str, key: kms.IKey) -> None:
        super().__init__(scope, construct_id)
        self._key = key
        self.bus = events.EventBus(self, "Resource", event_bus_name=name)

    def grant_put(self, grantee: iam.IGrantable) -> None:
        allow(grantee, [self.bus.event_bus_arn], "events:PutEvents")

    def tell(
        self, construct_id: str, *, topic: sns.ITopic, key: kms.IKey, to: Sequence[str] = ()
    ) -> None:
        """Of every transition, or of those to these states alone; `key` is the topic's."""
        role = telling_role(self, f"{construct_id}Role", key=key)
        events.Rule(
            self,
            construct_id,
            event_bus=self.bus,
            event_pattern=events.EventPattern(
                source=[SOURCE],
                detail_type=[TRANSITION],
                detail={"to": list(to)} if to else None,
            ),
            targets=[told_topic(topic, role=role, said=_words())],
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


def _words() -> str:
    detail = {
        name: events.EventField.from_path(f"$.detail.{name}")
        for name in ("deployment_id", "endpoint", "from", "to", "reason", "at")
    }
    return (
        f"{detail['endpoint']}: {detail['from']} to {detail['to']}: {detail['reason']} "
        f"(deployment {detail['deployment_id']}, {detail['at']})"
    )
