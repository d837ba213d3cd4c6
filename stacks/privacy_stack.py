"""Forgetting a unit wherever it is, and rotating secrets that guard what is kept of it."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from kindred_constructs.forgetting_functions import (
    ForgettingFunctions,
    SharedStores,
    UnitReplicas,
    UnitStores,
)
from kindred_constructs.python_function import FunctionNetwork, PythonFunction
from kindred_constructs.secret_rotation import SecretRotation
from stacks.data_stack import DataStack
from stacks.environment import Environment, Retention
from stacks.function_assets import function_asset
from stacks.network_stack import NetworkStack
from stacks.recovery_stack import RecoveryStack
from stacks.streaming_stack import StreamingStack

# No experiment runs longer: its ledger forgets units after as many days, too.
_LONGEST_EXPERIMENT_DAYS = 400


class PrivacyStack(cdk.Stack):
    """In a region that stands by, `standby`, what it gathers itself is forgotten, and the password
    of its own cache rotates. What it shares with the first one is forgotten and rotates there."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        network: NetworkStack,
        data: DataStack,
        streaming: StreamingStack,
        recovery: RecoveryStack | None = None,
        standby: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self._environment = environment
        self._data = data
        self._asset = function_asset("privacy_functions", environment, network)
        self._network = FunctionNetwork(vpc=network.vpc, subnets=network.task_subnets)
        self._alarms = network.alarms
        forgetting = ForgettingFunctions(
            self,
            "Forgetting",
            asset=self._asset,
            stores=self._stores(streaming, None if standby else self._shared(recovery)),
            network=self._network,
        )
        for name, function in {
            "ForgetRecords": forgetting.records,
            "ForgetInside": forgetting.inside,
            "RotateCachePassword": self._rotate_cache(),
            **({} if standby else self._add_rotations()),
        }.items():
            cdk.CfnOutput(self, f"{name}FunctionName", value=function.function.function_name)

    def _shared(self, recovery: RecoveryStack | None) -> SharedStores:
        data = self._data
        return SharedStores(
            requests=data.stores.tables,
            counters=data.counters,
            training=data.training,
            replicas=UnitReplicas(
                archive=recovery.events, training=recovery.replicas.of("training")
            )
            if recovery
            else None,
        )

    def _stores(self, streaming: StreamingStack, shared: SharedStores | None) -> UnitStores:
        data = self._data
        return UnitStores(
            shared=shared,
            tables=data.stores.tables,
            archive=streaming.archive,
            archive_days=self._environment.retention.event_archive_days,
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

    def _add_rotations(self) -> dict[str, PythonFunction]:
        """Of what running services need not be told."""
        data, database = self._data, self._data.database
        pseudonyms = self._function(
            "RotatePseudonyms", {"KEEP_DAYS": str(_days_kept(self._environment.retention))}
        )
        data.pseudonyms.grant_rotate(pseudonyms.role)
        self._rotate("Rotation", data.pseudonyms.arn, pseudonyms)
        login = self._in_database("RotateDatabaseLogin", database.secrets.rotation_settings)
        database.secrets.grant_rotate_login(login.role)
        # The first one makes the users.
        self._rotate(
            "LoginRotation", database.secrets.login.secret_arn, login, first_with_deployment=True
        )
        administrator = self._in_database("RotateDatabaseAdministrator", {})
        database.secrets.grant_rotate_administrator(administrator.role)
        self._rotate(
            "AdministratorRotation", database.secrets.administrator.secret_arn, administrator
        )
        return {each.node.id: each for each in (pseudonyms, login, administrator)}

    def _rotate_cache(self) -> PythonFunction:
        """Each region's is its own."""
        cache = self._data.stores.cache
        password = self._function("RotateCachePassword", {"VALKEY_USER_ID": cache.user_id})
        cache.grant_rotate(password.role)
        self._rotate("CacheRotation", cache.secret.secret_arn, password)
        return password

    def _function(
        self, name: str, environment: dict[str, str], network: FunctionNetwork | None = None
    ) -> PythonFunction:
        return self._asset.function(
            self, name, timeout_seconds=300, environment=environment, network=network
        )

    def _in_database(self, name: str, environment: dict[str, str]) -> PythonFunction:
        database = self._data.database
        function = self._function(
            name, {**environment, "DATABASE_URL": database.url}, self._network
        )
        database.admit(function, function.function)
        return function

    def _rotate(
        self,
        name: str,
        secret_arn: str,
        function: PythonFunction,
        *,
        first_with_deployment: bool = False,
    ) -> None:
        SecretRotation(
            self,
            name,
            secret_arn=secret_arn,
            function=function,
            alarms=self._alarms,
            days=self._environment.privacy.rotation_days,
            first_with_deployment=first_with_deployment,
        )


def _days_kept(retention: Retention) -> int:
    """What was told of a unit under a generation, first by an experiment that began in its last
    hour, then by what keeps it longest."""
    return _LONGEST_EXPERIMENT_DAYS + max(retention.event_archive_days, retention.training_days)
