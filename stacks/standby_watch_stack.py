"""Of the second region: how far it is behind, and whether it is declared to serve."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from kindred_constructs.declared_failover import DeclaredFailover
from kindred_constructs.replication_alarms import bucket_lag, database_lag
from stacks.data_buckets import Replicas
from stacks.data_stack import DataStack
from stacks.environment import Environment
from stacks.network_stack import NetworkStack


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
        replicas: Replicas,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        minutes = environment.recovery.rpo_minutes
        assert minutes is not None
        self.declared = DeclaredFailover(self, "Declared", environment=environment.slug)
        lags = [database_lag(self, "Database", follower=data.database, minutes=minutes)]
        for name, source in {
            "Embeddings": first.stores.embeddings,
            "Training": first.training,
            "Definitions": first.definitions,
        }.items():
            replica = replicas.of(name.lower()).bucket
            lags.append(bucket_lag(self, name, source=source, replica=replica))
        network.alarms.hear(self.declared, *lags)
        cdk.CfnOutput(self, "DeclaredAlarmName", value=self.declared.alarm_name)
