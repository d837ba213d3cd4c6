"""The stacks by which an environment comes back: backups here, and a platform that stands by."""

from __future__ import annotations

from aws_cdk import aws_s3 as s3
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


def add_recovery(
    scope: Construct,
    environment: Environment,
    *,
    recovery: RecoveryStack | None,
    network: NetworkStack,
    first: DataStack,
    archive: s3.Bucket,
    api: ApiStack,
) -> None:
    """Nothing, where an environment has no strategy and nothing is broken on purpose."""
    if environment.recovery.fault_injection:
        FaultStack(scope, "FaultStack", environment=environment, data=first, api=api)
    if recovery is None:
        return
    BackupStack(
        scope,
        "BackupStack",
        environment=environment,
        network=network,
        data=first,
        recovery=recovery,
    )
    if not environment.recovery.replicates:
        return
    standby = Standby(
        scope, environment=environment, recovery=recovery, first=first, archive=archive
    )
    if environment.failover_name:
        FailoverStack(
            scope,
            "FailoverStack",
            environment=environment,
            api=api,
            declared=standby.watch.declared,
        )
