"""The stacks by which an environment comes back: backups here, and a platform that stands by."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from stacks.backup_stack import BackupStack
from stacks.data_stack import DataStack
from stacks.environment import Environment
from stacks.recovery_stack import RecoveryStack
from stacks.standby import Standby


def recovering(
    scope: Construct,
    environment: Environment,
    *,
    recovery: RecoveryStack | None,
    first: DataStack,
) -> list[cdk.Stack]:
    """None, where an environment has no strategy."""
    if recovery is None:
        return []
    backups = BackupStack(
        scope, "BackupStack", environment=environment, data=first, recovery=recovery
    )
    stacks: list[cdk.Stack] = [recovery, backups]
    if environment.recovery.replicates:
        standby = Standby(scope, environment=environment, recovery=recovery, first=first)
        stacks.extend(standby.stacks)
    return stacks
