"""The feature store: what is known of each app today, and what was known of it on any day."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from kindred_constructs.grants import allow
from kindred_constructs.training_bucket import FEATURES, TrainingBucket

TABLE = "app_features"
RECORD_ID, EVENT_TIME = "app_id", "last_updated"
_FEATURES = (
    (RECORD_ID, "String"),
    ("category", "String"),
    ("region", "String"),
    ("pricing_model", "String"),
    # A JSON list: a feature holds one value.
    ("features_list", "String"),
    ("historical_ctr", "Fractional"),
    ("avg_rating", "Fractional"),
    (EVENT_TIME, "String"),
)


class AppFeatures(Construct):
    """Online the newest record of each app, offline every one, which Athena reads."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        slug: str,
        training: TrainingBucket,
        key: kms.IKey,
        removal_policy: cdk.RemovalPolicy,
    ) -> None:
        super().__init__(scope, construct_id)
        self._training = training
        self._key = key
        self.name = f"kindred-{slug}-app-features"
        self.database = f"kindred_{slug.replace('-', '_')}_features"
        database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=cdk.Stack.of(self).account,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=self.database, description="Features of apps, by the day of their record"
            ),
        )
        role = self._role()
        group = self._group(role)
        group.apply_removal_policy(removal_policy)
        # SageMaker tries the role, and makes its table, when the group is created.
        group.node.add_dependency(role, database)

    def grant_feed(self, grantee: iam.IGrantable) -> None:
        self._allow(
            grantee,
            *("sagemaker:BatchGetRecord", "sagemaker:GetRecord", "sagemaker:PutRecord"),
        )
        self.grant_describe(grantee)
        self._key.grant(grantee, "kms:Decrypt")

    def grant_describe(self, grantee: iam.IGrantable) -> None:
        self._allow(grantee, "sagemaker:DescribeFeatureGroup")

    def grant_query(self, grantee: iam.IGrantable) -> None:
        """Whoever asks Athena reads the table's description and what it describes."""
        stack = cdk.Stack.of(self)
        allow(
            grantee,
            [
                stack.format_arn(service="glue", resource="catalog"),
                stack.format_arn(service="glue", resource="database", resource_name=self.database),
                stack.format_arn(
                    service="glue", resource="table", resource_name=f"{self.database}/{TABLE}"
                ),
            ],
            *("glue:GetDatabase", "glue:GetPartitions", "glue:GetTable"),
        )
        self._training.grant_read_below(grantee, FEATURES)

    def _role(self) -> iam.Role:
        role = iam.Role(
            self,
            "Role",
            description="Writes the feature store's history",
            assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"),
        )
        self._training.grant_write_below(role, FEATURES)
        allow(role, [self._training.arn_for_objects(f"{FEATURES}*")], "s3:PutObjectAcl")
        allow(role, [self._training.bucket_arn], "s3:GetBucketAcl")
        return role

    def _group(self, role: iam.IRole) -> sagemaker.CfnFeatureGroup:
        group = sagemaker.CfnFeatureGroup
        return group(
            self,
            "Resource",
            feature_group_name=self.name,
            description="What is known of each app",
            record_identifier_feature_name=RECORD_ID,
            event_time_feature_name=EVENT_TIME,
            feature_definitions=[
                group.FeatureDefinitionProperty(feature_name=name, feature_type=kind)
                for name, kind in _FEATURES
            ],
            # Both are JSON to the library, which passes them on as they are.
            online_store_config={
                "EnableOnlineStore": True,
                "SecurityConfig": {"KmsKeyId": self._key.key_arn},
            },
            offline_store_config={
                "S3StorageConfig": {
                    "S3Uri": self._training.s3_url_for_object(FEATURES.rstrip("/")),
                    "KmsKeyId": self._key.key_arn,
                },
                # SageMaker makes the table, by these names.
                "DataCatalogConfig": {
                    "Catalog": "AwsDataCatalog",
                    "Database": self.database,
                    "TableName": TABLE,
                },
            },
            role_arn=role.role_arn,
        )

    def _allow(self, grantee: iam.IGrantable, *actions: str) -> None:
        group = cdk.Stack.of(self).format_arn(
            service="sagemaker", resource="feature-group", resource_name=self.name
        )
        allow(grantee, [group], *actions)
