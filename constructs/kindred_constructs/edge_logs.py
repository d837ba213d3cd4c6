"""Where CloudFront's access logs go: one bucket, a folder a distribution and day."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

# Neither cookies nor what comes after the question mark: those may say who somebody is, or let
# somebody in.
_FIELDS = (
    *("date", "time", "x-edge-location", "x-edge-request-id", "c-ip", "c-country", "asn"),
    *("cs-protocol", "cs-protocol-version", "ssl-protocol", "ssl-cipher"),
    *("cs-method", "x-host-header", "cs-uri-stem", "cs(User-Agent)", "cs-bytes"),
    *("sc-status", "sc-bytes", "sc-content-type", "x-edge-result-type"),
    *("x-edge-detailed-result-type", "time-taken", "time-to-first-byte", "origin-fbl"),
    "cache-behavior-path-pattern",
)
_LONGEST_NAME = 60


class EdgeLogs(Construct):
    """In a stack of us-east-1, which is where CloudFront's log deliveries are made."""

    def __init__(self, scope: Construct, construct_id: str, *, bucket: s3.Bucket) -> None:
        super().__init__(scope, construct_id)
        stack = cdk.Stack.of(self)
        sources = stack.format_arn(
            service="logs",
            resource="delivery-source",
            resource_name="*",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        # AWS adds a statement like it by itself, and a deployment of ours would take it away.
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("delivery.logs.amazonaws.com")],
                actions=["s3:PutObject"],
                resources=[bucket.arn_for_objects("*")],
                conditions={
                    "StringEquals": {
                        "aws:SourceAccount": stack.account,
                        "s3:x-amz-acl": "bucket-owner-full-control",
                    },
                    "ArnLike": {"aws:SourceArn": sources},
                },
            )
        )
        self._destination = logs.CfnDeliveryDestination(
            self,
            "Destination",
            name=_name(self),
            destination_resource_arn=bucket.bucket_arn,
            output_format="json",
        )
        assert bucket.policy
        self._destination.node.add_dependency(bucket.policy)

    def keep(self, distribution: cloudfront.Distribution) -> None:
        """Beside the distribution, so that the two come and go together."""
        source = logs.CfnDeliverySource(
            distribution,
            "LogSource",
            name=_name(distribution),
            log_type="ACCESS_LOGS",
            resource_arn=distribution.distribution_arn,
        )
        delivery = logs.CfnDelivery(
            distribution,
            "LogDelivery",
            delivery_source_name=source.name,
            delivery_destination_arn=self._destination.attr_arn,
            record_fields=list(_FIELDS),
            s3_suffix_path="/{DistributionId}/{yyyy}/{MM}/{dd}",
            s3_enable_hive_compatible_path=False,
        )
        # Named, not referred to: CloudFormation does not see that the one needs the other.
        delivery.add_resource_dependency(source)


def _name(construct: Construct) -> str:
    """Required, and unique in an account and region."""
    return cdk.Names.unique_resource_name(construct, max_length=_LONGEST_NAME)
