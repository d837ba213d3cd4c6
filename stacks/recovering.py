"""The stacks by which an environment comes back: backups here, and a platform that stands by."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from stacks.api_stack import ApiStack
from stacks.backup_stack import BackupStack
from stacks.data_stack import DataStack
from stacks.environment import Environment
from stacks.failover_stack import FailoverStack
from stacks.fault_stack import FaultStack
from stacks.network_stack import NetworkStack
from stacks.recovery_stack import RecoveryStack
from stacks.standby import Standby


def recovering(
    scope: Construct,
    environment: Environment,
    *,
    recovery: RecoveryStack | None,
    network: NetworkStack,
    first: DataStack,
    api: ApiStack,
) -> list[cdk.Stack]:
    """None, where an environment has no strategy and nothing is broken on purpose."""
    faults: list[cdk.Stack] = (
        [FaultStack(scope, "FaultStack", environment=environment, data=first, api=api)]
        if environment.recovery.fault_injection
        else []
    )
    if recovery is None:
        return faults
    backups = BackupStack(
        scope,
        "BackupStack",
        environment=environment,
        network=network,
        data=first,
        recovery=recovery,
    )
    stacks: list[cdk.Stack] = [*faults, recovery, backups]
    if environment.recovery.replicates:
        standby = Standby(scope, environment=environment, recovery=recovery, first=first)
        stacks.extend(standby.stacks)
        if environment.failover_name:
            failover = FailoverStack(
                scope,
                "FailoverStack",
                environment=environment,
                api=api,
                declared=standby.watch.declared,
            )
            stacks.append(failover)
    return stacks
