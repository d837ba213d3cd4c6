"""Puts logs away in S3 once they are old enough, a day of a group at a time."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from kindred_constructs.function_asset import FunctionAsset
from kindred_constructs.function_schedule import FunctionSchedule
from kindred_constructs.grants import allow
from kindred_constructs.logs_bucket import EXPORTS, LogsBucket
from kindred_constructs.stage_name import stage_name

# An account runs one export at a time, of a minute or a few: enough for 96 a day.
_EVERY = "rate(15 minutes)"


class LogExports(Construct):
    """CloudWatch keeps a log for as long as it did; what is in S3 stays, and grows colder."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        asset: FunctionAsset,
        bucket: LogsBucket,
        after_days: int,
        schedule_key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        stage = stage_name(self)
        function = asset.function(
            self,
            "ExportLogs",
            timeout_seconds=60,
            environment={
                "STAGE": stage,
                "LOGS_BUCKET": bucket.bucket_name,
                "EXPORT_AFTER_DAYS": str(after_days),
            },
        )
        self._grant(function.role, stage, bucket)
        FunctionSchedule(
            self,
            "Schedule",
            function=function,
            expression=_EVERY,
            dead_letters=None,
            key=schedule_key,
        )

    def _grant(self, role: iam.IRole, stage: str, bucket: LogsBucket) -> None:
        groups = cdk.Stack.of(self).format_arn(
            service="logs",
            resource="log-group",
            resource_name=f"{stage}-*",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        # Lists of everything, which is all that they can be.
        allow(role, ["*"], "logs:DescribeExportTasks", "logs:DescribeLogGroups")
        allow(role, [groups], "logs:CreateExportTask")
        # Whoever starts an export needs the right to write what it writes.
        allow(role, [bucket.arn_for_objects(f"{EXPORTS}*")], "s3:PutObject")
