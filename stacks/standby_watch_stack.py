"""Of the second region: how far it is behind, and whether it is declared to serve."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import Construct

from kindred_constructs.declared_failover import DeclaredFailover
from kindred_constructs.replication_alarms import bucket_lag, database_lag
from stacks.data_stack import DataStack
from stacks.environment import Environment
from stacks.network_stack import NetworkStack
from stacks.recovery_stack import RecoveryStack


class StandbyWatchStack(cdk.Stack):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        network: NetworkStack,
        data: DataStack,
        first: DataStack,
        archive: s3.Bucket,
        recovery: RecoveryStack,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        minutes = environment.recovery.rpo_minutes
        assert minutes is not None
        self.declared = DeclaredFailover(self, "Declared", environment=environment.slug)
        lags = [database_lag(self, "Database", follower=data.database, minutes=minutes)]
        replicas = recovery.replicas
        for name, source, replica in (
            ("Embeddings", first.stores.embeddings, replicas.of("embeddings")),
            ("Training", first.training, replicas.of("training")),
            ("Definitions", first.definitions, replicas.of("definitions")),
            ("Events", archive, recovery.events),
        ):
            lags.append(bucket_lag(self, name, source=source, replica=replica.bucket))
        network.alarms.hear(self.declared, *lags)
        cdk.CfnOutput(self, "DeclaredAlarmName", value=self.declared.alarm_name)
