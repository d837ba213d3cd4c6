"""Who called which API of the account, in every region, in files that cannot be changed unseen."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudtrail as cloudtrail
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from kindred_constructs.account_records import AccountRecords

TRAIL = "cloudtrail.amazonaws.com"


class AccountTrail(Construct):
    """One for all regions: calls of IAM and others that are of none are in it once."""

    def __init__(
        self, scope: Construct, construct_id: str, *, records: AccountRecords, log_key: kms.IKey
    ) -> None:
        super().__init__(scope, construct_id)
        trails = cdk.Stack.of(self).format_arn(
            service="cloudtrail", resource="trail", resource_name="*"
        )
        records.let_write(TRAIL, source_arn=trails)
        log_group = logs.LogGroup(self, "Log", encryption_key=log_key)
        cloudtrail.Trail(
            self,
            "Resource",
            bucket=records.bucket,
            s3_key_prefix="cloudtrail",
            encryption_key=records.key,
            is_multi_region_trail=True,
            include_global_service_events=True,
            enable_file_validation=True,
            management_events=cloudtrail.ReadWriteType.ALL,
            send_to_cloud_watch_logs=True,
            cloud_watch_log_group=log_group,
        )
