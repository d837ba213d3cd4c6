"""A function that reads the event stream in batches, and where what it cannot take goes."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from kindred_constructs.dead_letters import DeadLetters
from kindred_constructs.event_stream import EventStream
from kindred_constructs.operator_alarm import OperatorAlarm, Severity
from kindred_constructs.python_function import PythonFunction


class StreamConsumer(Construct):
    """A batch that fails is halved until what poisons it is alone; that goes to dead letters.

    `max_record_age` and `retries` end the attempts; with neither, only the stream's retention does.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: PythonFunction,
        stream: EventStream,
        dead_letters: DeadLetters,
        retries: int | None,
        max_record_age: cdk.Duration | None,
    ) -> None:
        super().__init__(scope, construct_id)
        mapping = lambda_.EventSourceMapping(
            self,
            "Resource",
            target=function.function,
            event_source_arn=stream.stream_arn,
            starting_position=lambda_.StartingPosition.TRIM_HORIZON,
            batch_size=100,
            max_batching_window=cdk.Duration.seconds(1),
            parallelization_factor=1,
            bisect_batch_on_error=True,
            report_batch_item_failures=True,
            retry_attempts=retries,
            max_record_age=max_record_age,
        )
        resource = mapping.node.default_child
        assert isinstance(resource, lambda_.CfnEventSourceMapping)
        # The L2's destination grants itself the queue's key with wildcards.
        resource.add_property_override(
            "DestinationConfig.OnFailure.Destination", dead_letters.queue.queue_arn
        )
        stream.grant_consume(function.role)
        dead_letters.grant_send(function.role)
        # Lambda tries the role when the mapping is created.
        mapping.node.add_dependency(function.role)
        self.iterator_age_alarm = self._iterator_age_alarm(function)

    def _iterator_age_alarm(self, function: PythonFunction) -> OperatorAlarm:
        return OperatorAlarm(
            self,
            "IteratorAgeAlarm",
            happened="Events have waited for more than five minutes",
            runbook="stream-behind",
            severity=Severity.WARNING,
            metric=function.function.metric(
                "IteratorAge", period=cdk.Duration.minutes(1), statistic="Maximum"
            ),
            threshold=300_000,
            evaluation_periods=5,
        )
