"""Forgetting a unit wherever it is, and rotating what its pseudonyms are made with."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from kindred_constructs.forgetting_functions import (
    ForgettingFunctions,
    UnitReplicas,
    UnitStores,
)
from kindred_constructs.python_function import FunctionNetwork, PythonFunction
from stacks.data_stack import DataStack
from stacks.environment import Environment, Retention
from stacks.function_assets import function_asset
from stacks.network_stack import NetworkStack
from stacks.recovery_stack import RecoveryStack
from stacks.streaming_stack import StreamingStack

# No experiment runs longer: its ledger forgets units after as many days, too.
_LONGEST_EXPERIMENT_DAYS = 400


class PrivacyStack(cdk.Stack):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        network: NetworkStack,
        data: DataStack,
        streaming: StreamingStack,
        recovery: RecoveryStack | None,
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
            stores=self._stores(streaming, recovery),
            network=FunctionNetwork(vpc=network.vpc, subnets=network.task_subnets),
        )
        rotate = self._add_rotations()
        for name, function in {
            "ForgetRecords": forgetting.records,
            "ForgetInside": forgetting.inside,
            "RotatePseudonyms": rotate,
        }.items():
            cdk.CfnOutput(self, f"{name}FunctionName", value=function.function.function_name)

    def _stores(self, streaming: StreamingStack, recovery: RecoveryStack | None) -> UnitStores:
        data = self._data
        return UnitStores(
            tables=data.stores.tables,
            counters=data.counters,
            archive=streaming.archive,
            archive_days=self._environment.retention.event_archive_days,
            training=data.training,
            replicas=UnitReplicas(
                archive=recovery.events, training=recovery.replicas.of("training")
            )
            if recovery
            else None,
            definitions=data.definitions,
            dead_letters=[
                each for each in (streaming.uncounted, streaming.unindexed) if each is not None
            ],
            cache=data.stores.cache,
            search=streaming.search,
            pseudonyms=data.pseudonyms,
            # As CloudFormation names those of this environment's stacks.
            log_groups=self.stack_name.removesuffix(self.node.id),
        )

    def _add_rotations(self) -> PythonFunction:
        """Of what running services need not be told: the function for pseudonyms."""
        data = self._data
        pseudonyms = self._function(
            "RotatePseudonyms", {"KEEP_DAYS": str(_days_kept(self._environment.retention))}
        )
        data.pseudonyms.grant_rotate(pseudonyms.role)
        self._rotate("Rotation", data.pseudonyms.arn, pseudonyms)
        cache = data.stores.cache
        password = self._function("RotateCachePassword", {"VALKEY_USER_ID": cache.user_id})
        cache.grant_rotate(password.role)
        self._rotate("CacheRotation", cache.secret.secret_arn, password)
        return pseudonyms

    def _function(self, name: str, environment: dict[str, str]) -> PythonFunction:
        return self._asset.function(self, name, timeout_seconds=300, environment=environment)

    def _rotate(self, name: str, secret_arn: str, function: PythonFunction) -> None:
        admitted = lambda_.CfnPermission(
            self,
            f"{name}Permission",
            action="lambda:InvokeFunction",
            function_name=function.function.function_arn,
            principal="secretsmanager.amazonaws.com",
            source_arn=secret_arn,
        )
        schedule = secretsmanager.CfnRotationSchedule(
            self,
            name,
            secret_id=secret_arn,
            rotation_lambda_arn=function.function.function_arn,
            rotate_immediately_on_update=False,
            rotation_rules=secretsmanager.CfnRotationSchedule.RotationRulesProperty(
                schedule_expression=f"rate({self._environment.privacy.rotation_days} days)"
            ),
        )
        # Secrets Manager tries the function when it is given one.
        schedule.node.add_dependency(admitted, function.role)


def _days_kept(retention: Retention) -> int:
    """What was told of a unit under a generation, first by an experiment that began in its last
    hour, then by what keeps it longest."""
    return _LONGEST_EXPERIMENT_DAYS + max(retention.event_archive_days, retention.training_days)
