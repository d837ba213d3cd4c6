"""Copies of what cannot be made again, in a vault here and in one of the second region."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_backup as backup
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from kindred_constructs.backup_plan import BackupPlan, Frequency
from kindred_constructs.backup_vault import BackupVault
from kindred_constructs.house_rules import removal_policy
from kindred_constructs.replication_alarms import table_lag
from stacks.data_stack import DataStack
from stacks.environment import Environment
from stacks.network_stack import NetworkStack
from stacks.recovery import Recovery
from stacks.recovery_stack import RecoveryStack

# A backup of the night before is up to this old: a day, an hour until it starts, and its copying.
_DAILY_MINUTES = 28 * 60


class BackupStack(cdk.Stack):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        network: NetworkStack,
        data: DataStack,
        recovery: RecoveryStack,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            scope, construct_id, termination_protection=environment.production, **kwargs
        )
        self.vault = BackupVault(
            self,
            "Vault",
            key=data.key,
            production=environment.production,
            removal_policy=removal_policy(production=environment.production),
        )
        tables = _worth_restoring(data)
        arns = [data.database.cluster_arn, *(table.table_arn for table in tables.values())]
        BackupPlan(
            self,
            "Plan",
            vault=self.vault,
            copied_to=recovery.vault.elsewhere(self, "Copies"),
            every=_every(environment.recovery),
            kept_days=environment.recovery.backup_days,
            resources=[backup.BackupResource.from_arn(arn) for arn in arns],
        )
        minutes = environment.recovery.rpo_minutes
        if environment.recovery.replicates and minutes:
            region = recovery.region
            for name, table in tables.items():
                lag = table_lag(self, name, table=table, region=region, minutes=minutes)
                network.alarms.hear(lag)
        cdk.CfnOutput(self, "VaultName", value=self.vault.backup_vault_name)


def _worth_restoring(data: DataStack) -> dict[str, dynamodb.ITableV2]:
    """All but the log of requests, which expires before anybody would restore it."""
    return {name: table for name, table in data.tables.items() if name != "RequestLog"}


def _every(recovery: Recovery) -> Frequency:
    """Where data is replicated as well, backups are against mistakes: one of each night."""
    promised = recovery.rpo_minutes or 0
    return "day" if recovery.replicates or promised >= _DAILY_MINUTES else "hour"
