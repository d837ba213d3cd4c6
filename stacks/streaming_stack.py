"""Events on their way: the stream, its archive, the index, and what could not be handled."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from kindred_constructs.bucket_replication import BucketReplica
from kindred_constructs.dead_letters import DeadLetters
from kindred_constructs.event_archive import EventArchive
from kindred_constructs.event_stream import EventStream
from kindred_constructs.house_rules import removal_policy
from kindred_constructs.search_domain import SearchDomain, SearchNodes
from stacks.data_stack import DataStack
from stacks.environment import Environment
from stacks.network_stack import NetworkStack


class StreamingStack(cdk.Stack):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        network: NetworkStack,
        data: DataStack,
        replica: BucketReplica | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            scope, construct_id, termination_protection=environment.production, **kwargs
        )
        self._environment = environment
        self._network = network
        self._key = data.key
        self._kept = removal_policy(production=environment.production)
        self.stream = EventStream(
            self,
            "Events",
            key=self._key,
            shards=environment.sizes.stream.shards,
            removal_policy=self._kept,
        )
        self.archive = EventArchive(
            self,
            "Archive",
            name=environment.slug,
            stream=self.stream,
            key=self._key,
            log_key=network.telemetry_key,
            access_logs=data.logs,
            delete_after=cdk.Duration.days(environment.retention.event_archive_days),
            query_gb=environment.sizes.query_gb,
            replica=replica,
        )
        self.uncounted = self._dead_letters("Uncounted", "Events that the processor refused")
        self.unscheduled = self._dead_letters("Unscheduled", "Daily runs")
        self.search = self._search()
        self.unindexed = (
            self._dead_letters("Unindexed", "Events that the index refused")
            if self.search
            else None
        )
        self._add_outputs()

    def _dead_letters(self, name: str, of: str) -> DeadLetters:
        letters = DeadLetters(self, name, key=self._key, of=of)
        self._network.alarms.hear(letters.alarm)
        return letters

    def _search(self) -> SearchDomain | None:
        sizes = self._environment.sizes.search
        if not sizes:
            return None
        domain = SearchDomain(
            self,
            "Search",
            vpc=self._network.vpc,
            key=self._key,
            log_key=self._network.telemetry_key,
            nodes=SearchNodes(**sizes.model_dump()),
            removal_policy=self._kept,
        )
        self._network.alarms.hear(*domain.alarms())
        return domain

    def _add_outputs(self) -> None:
        outputs = {
            "EventStreamName": self.stream.stream_name,
            "EventArchiveBucketName": self.archive.bucket.bucket_name,
            "EventDatabaseName": self.archive.database.ref,
            "AthenaWorkgroupName": self.archive.workgroup.ref,
            "EventsDeadLetterQueueUrl": self.uncounted.queue.queue_url,
            "UnscheduledDeadLetterQueueUrl": self.unscheduled.queue.queue_url,
        }
        if self.unindexed:
            outputs["UnindexedDeadLetterQueueUrl"] = self.unindexed.queue.queue_url
        if self.search:
            outputs["SearchEndpoint"] = self.search.endpoint
        for name, value in outputs.items():
            cdk.CfnOutput(self, name, value=value)
