"""What Lambda does with an event that a function could not take: again, then to dead letters."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from kindred_constructs.dead_letters import DeadLetters
from kindred_constructs.python_function import PythonFunction

AGE = cdk.Duration.hours(6)


class KeptFailures(lambda_.CfnEventInvokeConfig):
    """A sender's part ends when Lambda has the event: what then fails is Lambda's to keep."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: PythonFunction,
        dead_letters: DeadLetters,
    ) -> None:
        config = lambda_.CfnEventInvokeConfig
        letters = dead_letters.queue.queue_arn
        super().__init__(
            scope,
            construct_id,
            function_name=function.function.function_name,
            qualifier="$LATEST",
            maximum_retry_attempts=2,
            maximum_event_age_in_seconds=AGE.to_seconds(),
            destination_config=config.DestinationConfigProperty(
                on_failure=config.OnFailureProperty(destination=letters)
            ),
        )
        dead_letters.grant_send(function.role)
        self.node.add_dependency(function.role)
