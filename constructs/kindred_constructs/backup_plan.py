"""Copies of the database and the tables, by the hour or the day, in this region and another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import aws_cdk as cdk
from aws_cdk import aws_backup as backup
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from constructs import Construct

Frequency = Literal["hour", "day"]

_HOUR, _DAY = events.Schedule.cron(minute="0"), events.Schedule.cron(hour="3", minute="0")
# AWS starts a backup within this of its time; an hour is the least that it takes.
_STARTS_WITHIN, _ENDS_WITHIN = cdk.Duration.hours(1), cdk.Duration.hours(4)


class BackupPlan(Construct):
    """What is chosen is named: one that a tag forgot would be missed on the day it is needed."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vault: backup.IBackupVault,
        copied_to: backup.IBackupVault,
        every: Frequency,
        kept_days: int,
        resources: Sequence[backup.BackupResource],
    ) -> None:
        super().__init__(scope, construct_id)
        kept = cdk.Duration.days(kept_days)
        plan = backup.BackupPlan(self, "Resource", backup_vault=vault)
        plan.add_rule(
            backup.BackupPlanRule(
                rule_name=f"Each{every.title()}",
                schedule_expression=_HOUR if every == "hour" else _DAY,
                start_window=_STARTS_WITHIN,
                completion_window=_ENDS_WITHIN,
                delete_after=kept,
                copy_actions=[
                    backup.BackupPlanCopyActionProps(
                        destination_backup_vault=copied_to, delete_after=kept
                    )
                ],
            )
        )
        role = iam.Role(
            self,
            "Role",
            description="Lets AWS Backup copy the database and the tables",
            assumed_by=iam.ServicePrincipal("backup.amazonaws.com"),
        )
        plan.add_selection("Selection", resources=list(resources), role=role)
