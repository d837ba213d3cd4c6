"""What runs without a server: assignment, counting, indexing, and the two daily decisions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from constructs import Construct

from kindred_constructs.announcement_topic import AnnouncementTopic
from kindred_constructs.dead_letters import DeadLetters
from kindred_constructs.event_stream import RETENTION
from kindred_constructs.experiment_tables import EMBEDDING_EXPERIMENT_ID
from kindred_constructs.function_asset import FunctionAsset
from kindred_constructs.function_schedule import FunctionSchedule, daily
from kindred_constructs.python_function import FunctionNetwork, PythonFunction
from kindred_constructs.search_domain import INDEX_PREFIX, SearchDomain
from kindred_constructs.stream_consumer import StreamConsumer
from stacks.data_stack import DataStack
from stacks.environment import Environment
from stacks.function_assets import function_asset
from stacks.network_stack import NetworkStack
from stacks.streaming_stack import StreamingStack

# Of a batch, and of each half of it. What is no event is put aside at once by the function itself:
# these are for DynamoDB not answering, and for what makes the function crash.
_RETRIES = 20


class LambdaStack(cdk.Stack):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        network: NetworkStack,
        data: DataStack,
        streaming: StreamingStack,
        decides: bool = True,
        **kwargs: Any,
    ) -> None:
        """One region `decides`, once a day; events are counted in each."""
        super().__init__(scope, construct_id, **kwargs)
        self._environment = environment
        self._network = network
        self._data = data
        self._streaming = streaming
        self.functions: dict[str, PythonFunction] = {}
        self._experiments = function_asset("experiment_functions", environment, network)
        self._decisions = function_asset("decision_functions", environment, network)
        self._add_evaluators()
        self._add_processor()
        if streaming.search and streaming.unindexed:
            self._add_indexer(streaming.search, streaming.unindexed)
        if decides:
            self._add_daily_decisions()

    def _add_evaluators(self) -> None:
        stream = self._streaming.stream
        assign = self._function(
            "Assign",
            self._experiments,
            environment={
                **self._definitions(),
                **self._data.pseudonyms.setting,
                "KINESIS_STREAM_NAME": stream.stream_name,
            },
        )
        evaluate = self._function(
            "EvaluateFlag", self._experiments, environment=self._definitions()
        )
        for function in (assign, evaluate):
            self._data.definitions.grant_evaluate(function.role)
        stream.grant_put(assign.role)
        self._data.pseudonyms.grant_use(assign.role)

    def _add_processor(self) -> None:
        days = self._environment.retention.event_id_days
        function = self._function(
            "ProcessEvents",
            self._experiments,
            timeout_seconds=60,
            environment={
                "DYNAMODB_TABLE_NAME": self._data.counters.counters.table_name,
                "DYNAMODB_REGION": self.region,
                "LEDGER_TABLE": self._data.counters.ledger.table_name,
                "EVENT_ID_RETENTION_DAYS": str(days),
                "DEAD_LETTER_QUEUE_URL": self._streaming.uncounted.queue.queue_url,
            },
        )
        self._data.counters.grant_count(function.role)
        consumer = StreamConsumer(
            self,
            "Processing",
            function=function,
            stream=self._streaming.stream,
            dead_letters=self._streaming.uncounted,
            retries=_RETRIES,
            max_record_age=RETENTION,
        )
        self._network.alarms.hear(consumer.iterator_age_alarm)

    def _add_indexer(self, search: SearchDomain, unindexed: DeadLetters) -> None:
        """Tries for as long as the stream keeps an event: OpenSearch may be down for days."""
        function = self._function(
            "IndexEvents",
            self._experiments,
            timeout_seconds=60,
            environment={
                "OPENSEARCH_ENDPOINT": search.endpoint,
                "OPENSEARCH_INDEX_PREFIX": INDEX_PREFIX,
                "DEAD_LETTER_QUEUE_URL": unindexed.queue.queue_url,
            },
            network=FunctionNetwork(vpc=self._network.vpc, subnets=self._network.task_subnets),
        )
        search.grant_index(function.role)
        search.admit(function, function.function)
        consumer = StreamConsumer(
            self,
            "Indexing",
            function=function,
            stream=self._streaming.stream,
            dead_letters=unindexed,
            retries=None,
            max_record_age=None,
        )
        self._network.alarms.hear(consumer.iterator_age_alarm)

    def _add_daily_decisions(self) -> None:
        data = self._data
        topic = AnnouncementTopic(
            self, "Winners", key=data.key, email=self._environment.alarms.email
        )
        tables = data.stores.tables
        shared = {
            "EXPERIMENTS_TABLE": tables.experiments.table_name,
            "METRICS_TABLE": tables.metrics.table_name,
            "EMBEDDING_EXPERIMENT_ID": EMBEDDING_EXPERIMENT_ID,
        }
        aggregate = self._daily("AggregateMetrics", at="00:15", environment=shared)
        tables.grant_aggregate(aggregate.role)
        select = self._daily(
            "SelectWinner", at="01:00", environment={**shared, "WINNER_TOPIC_ARN": topic.topic_arn}
        )
        tables.grant_decide(select.role)
        topic.grant_announce(select.role)
        cdk.CfnOutput(self, "WinnerTopicArn", value=topic.topic_arn)

    def _daily(self, name: str, *, at: str, environment: Mapping[str, str]) -> PythonFunction:
        function = self._function(
            name,
            self._decisions,
            timeout_seconds=300,
            memory_mib=1024,
            environment=environment,
        )
        FunctionSchedule(
            self,
            f"{name}Daily",
            function=function,
            expression=daily(at),
            dead_letters=self._streaming.unscheduled,
            key=self._data.key,
        )
        return function

    def _function(
        self,
        name: str,
        asset: FunctionAsset,
        *,
        environment: Mapping[str, str],
        timeout_seconds: int = 10,
        memory_mib: int = 512,
        network: FunctionNetwork | None = None,
    ) -> PythonFunction:
        function = asset.function(
            self,
            name,
            environment=environment,
            timeout_seconds=timeout_seconds,
            memory_mib=memory_mib,
            network=network,
        )
        self.functions[name] = function
        cdk.CfnOutput(self, f"{name}FunctionName", value=function.function.function_name)
        return function

    def _definitions(self) -> dict[str, str]:
        return {"DEFINITIONS_BUCKET": self._data.definitions.bucket_name}
