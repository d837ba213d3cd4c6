"""The bucket that AWS services deliver access logs to."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import Construct


class LogsBucket(s3.Bucket):
    """Kept for ever, in Deep Archive from `archive_after` on."""

    def __init__(
        self, scope: Construct, construct_id: str, *, archive_after: cdk.Duration, **kwargs: Any
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            # Load balancers and S3 deliver logs only to buckets under S3's own keys.
            encryption=s3.BucketEncryption.S3_MANAGED,
            lifecycle_rules=[
                s3.LifecycleRule(
                    transitions=[
                        s3.Transition(
                            storage_class=s3.StorageClass.DEEP_ARCHIVE,
                            transition_after=archive_after,
                        )
                    ],
                    noncurrent_version_expiration=cdk.Duration.days(30),
                    abort_incomplete_multipart_upload_after=cdk.Duration.days(7),
                )
            ],
            **kwargs,
        )
