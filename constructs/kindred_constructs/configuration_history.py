"""AWS Config: how each resource was configured, when, and which break the rules of the house."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_config as config
from aws_cdk import aws_iam as iam
from constructs import Construct

from kindred_constructs.account_records import AccountRecords
from kindred_constructs.grants import allow

PREFIX = "config"
# What somebody may change by hand behind the templates' back. Of the region, and of the account.
_OF_A_REGION = (
    "CLOUD_TRAIL_ENABLED",
    "DYNAMODB_PITR_ENABLED",
    "INCOMING_SSH_DISABLED",
    "RDS_STORAGE_ENCRYPTED",
    "S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED",
    "S3_BUCKET_SSL_REQUESTS_ONLY",
    "VPC_DEFAULT_SECURITY_GROUP_CLOSED",
)
_OF_THE_ACCOUNT = ("IAM_ROOT_ACCESS_KEY_CHECK", "ROOT_ACCOUNT_MFA_ENABLED")


class ConfigurationHistory(Construct):
    """`of_the_account` records what is of no region too, in one region of an account alone."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        records: AccountRecords,
        of_the_account: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        role = self._role(records)
        recorder = config.CfnConfigurationRecorder(
            self,
            "Resource",
            role_arn=role.role_arn,
            recording_group=config.CfnConfigurationRecorder.RecordingGroupProperty(
                all_supported=True, include_global_resource_types=of_the_account
            ),
        )
        recorder.node.add_dependency(role)
        config.CfnDeliveryChannel(
            self,
            "Channel",
            s3_bucket_name=records.bucket.bucket_name,
            s3_key_prefix=PREFIX,
            s3_kms_key_arn=records.key.key_arn,
        )
        for identifier in (*_OF_A_REGION, *(_OF_THE_ACCOUNT if of_the_account else ())):
            rule = config.ManagedRule(
                self, identifier.title().replace("_", ""), identifier=identifier
            )
            rule.node.add_dependency(recorder)

    def _role(self, records: AccountRecords) -> iam.Role:
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("config.amazonaws.com"),
            managed_policies=[
                iam.ManagedPolicy.from_aws_managed_policy_name("service-role/AWS_ConfigRole")
            ],
        )
        account = cdk.Stack.of(self).account
        delivered = f"{PREFIX}/AWSLogs/{account}/Config/*"
        allow(role, [records.bucket.bucket_arn], "s3:GetBucketAcl", "s3:ListBucket")
        allow(role, [records.bucket.arn_for_objects(delivered)], "s3:PutObject")
        records.key.grant(role, "kms:Decrypt", "kms:GenerateDataKey")
        return role
