"""Where AWS Backup keeps what it copies: locked, so that nobody can delete it before its time."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_backup as backup
from aws_cdk import aws_kms as kms
from constructs import Construct

# The least that AWS allows between a lock and the day from which it cannot be undone.
_COOLING_OFF = cdk.Duration.days(3)


class BackupVault(backup.BackupVault):
    """What comes into it stays a week at least, and a year at most.

    In production nobody takes the lock off once it has cooled off, AWS included.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        key: kms.IKey,
        production: bool,
        removal_policy: cdk.RemovalPolicy,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            encryption_key=key,
            removal_policy=removal_policy,
            lock_configuration=backup.LockConfiguration(
                min_retention=cdk.Duration.days(7),
                max_retention=cdk.Duration.days(365),
                changeable_for=_COOLING_OFF if production else None,
            ),
        )

    def elsewhere(self, scope: Construct, construct_id: str) -> backup.IBackupVault:
        """As a stack of another region knows it."""
        resource = self.node.default_child
        assert isinstance(resource, backup.CfnBackupVault)
        return backup.BackupVault.from_backup_vault_arn(
            scope, construct_id, resource.attr_backup_vault_arn
        )
