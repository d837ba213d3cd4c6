"""What a pipeline keeps: images by digest, and the artefacts that its actions hand on."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

_RELEASES_KEPT = cdk.Duration.days(365)
# A stage goes back to an execution whose artefacts are still there.
_ARTEFACTS_KEPT = cdk.Duration.days(180)


class ReleaseRepository(ecr.Repository):
    """Every image of every release. A tag never moves, and whatever is pushed is scanned."""

    def __init__(
        self, scope: Construct, construct_id: str, *, key: kms.IKey, removal: cdk.RemovalPolicy
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            encryption=ecr.RepositoryEncryption.KMS,
            encryption_key=key,
            image_scan_on_push=True,
            image_tag_mutability=ecr.TagMutability.IMMUTABLE,
            lifecycle_rules=[
                ecr.LifecycleRule(
                    description="Each environment has its own copy of what it runs",
                    max_image_age=_RELEASES_KEPT,
                )
            ],
            removal_policy=removal,
        )

    def grant_judge(self, grantee: iam.IGrantable) -> iam.Grant:
        """Read what the scan of an image has found."""
        return self.grant(grantee, "ecr:DescribeImageScanFindings", "ecr:DescribeImages")


class PipelineArtefacts(s3.Bucket):
    def __init__(
        self, scope: Construct, construct_id: str, *, key: kms.IKey, access_logs: s3.IBucket
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            encryption_key=key,
            bucket_key_enabled=True,
            server_access_logs_bucket=access_logs,
            server_access_logs_prefix="s3/pipeline/",
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=_ARTEFACTS_KEPT,
                    noncurrent_version_expiration=cdk.Duration.days(7),
                    abort_incomplete_multipart_upload_after=cdk.Duration.days(7),
                )
            ],
        )
