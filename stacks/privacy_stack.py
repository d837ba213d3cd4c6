"""Forgetting a unit wherever it is, and rotating what its pseudonyms are made with."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from kindred_constructs.forgetting_functions import ForgettingFunctions, UnitStores
from kindred_constructs.python_function import FunctionNetwork, PythonFunction
from stacks.data_stack import DataStack
from stacks.environment import Environment, Retention
from stacks.function_assets import function_asset
from stacks.network_stack import NetworkStack
from stacks.streaming_stack import StreamingStack

# No experiment runs longer: its ledger forgets units after as many days, too.
_LONGEST_EXPERIMENT_DAYS = 400


class PrivacyStack(cdk.Stack):
    stateful = False

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        network: NetworkStack,
        data: DataStack,
        streaming: StreamingStack,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self._environment = environment
        self._data = data
        self._asset = function_asset("privacy_functions", environment, network)
        forgetting = ForgettingFunctions(
            self,
            "Forgetting",
            asset=self._asset,
            stores=self._stores(streaming),
            network=FunctionNetwork(vpc=network.vpc, subnets=network.task_subnets),
        )
        rotate = self._add_rotation()
        for name, function in {
            "ForgetRecords": forgetting.records,
            "ForgetInside": forgetting.inside,
            "RotatePseudonyms": rotate,
        }.items():
            cdk.CfnOutput(self, f"{name}FunctionName", value=function.function.function_name)

    def _stores(self, streaming: StreamingStack) -> UnitStores:
        data = self._data
        return UnitStores(
            tables=data.stores.tables,
            counters=data.counters,
            archive=streaming.archive,
            archive_days=self._environment.retention.event_archive_days,
            training=data.training,
            definitions=data.definitions,
            dead_letters=[
                each for each in (streaming.uncounted, streaming.unindexed) if each is not None
            ],
            cache=data.stores.cache,
            search=streaming.search,
            pseudonyms=data.pseudonyms,
            key=data.key,
            # As CloudFormation names those of this environment's stacks.
            log_groups=self.stack_name.removesuffix(self.node.id),
        )

    def _add_rotation(self) -> PythonFunction:
        pseudonyms = self._data.pseudonyms
        function = self._asset.function(
            self,
            "RotatePseudonyms",
            timeout_seconds=60,
            environment={"KEEP_DAYS": str(_days_kept(self._environment.retention))},
        )
        pseudonyms.grant_rotate(function.role)
        admitted = lambda_.CfnPermission(
            self,
            "SecretsManager",
            action="lambda:InvokeFunction",
            function_name=function.function.function_arn,
            principal="secretsmanager.amazonaws.com",
            source_arn=pseudonyms.arn,
        )
        schedule = secretsmanager.CfnRotationSchedule(
            self,
            "Rotation",
            secret_id=pseudonyms.arn,
            rotation_lambda_arn=function.function.function_arn,
            rotate_immediately_on_update=False,
            rotation_rules=secretsmanager.CfnRotationSchedule.RotationRulesProperty(
                schedule_expression=f"rate({self._environment.privacy.rotation_days} days)"
            ),
        )
        # Secrets Manager tries the function when it is given one.
        schedule.node.add_dependency(admitted, function.role)
        return function


def _days_kept(retention: Retention) -> int:
    """What was told of a unit under a generation, first by an experiment that began in its last
    hour, then by what keeps it longest."""
    return _LONGEST_EXPERIMENT_DAYS + max(retention.event_archive_days, retention.training_days)
