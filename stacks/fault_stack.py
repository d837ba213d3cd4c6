"""Experiments that show that the platform survives what it is said to survive."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from kindred_constructs.fault_experiments import Fault, FaultExperiment
from kindred_constructs.faults import fail_over_database, pause_bucket, pause_tables, stop_tasks
from stacks.api_stack import ApiStack
from stacks.data_stack import DataStack
from stacks.environment import Environment


class FaultStack(cdk.Stack):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        data: DataStack,
        api: ApiStack,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        faults: dict[str, Fault] = {
            **{f"Stop{name}Tasks": stop_tasks(each.service) for name, each in api.services.items()},
            "FailOverDatabase": fail_over_database(data.database.cluster_arn),
        }
        recovery = environment.recovery
        if recovery.replicates and recovery.region:
            faults["PauseTables"] = pause_tables(list(data.tables.values()))
            faults["PauseEmbeddings"] = pause_bucket(data.stores.embeddings, region=recovery.region)
        stops = [alarm for each in api.services.values() for alarm in each.alarms]
        for name, fault in faults.items():
            experiment = FaultExperiment(self, name, fault=fault, stops=stops)
            cdk.CfnOutput(self, f"{name}TemplateId", value=experiment.template_id)
