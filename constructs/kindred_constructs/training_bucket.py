"""The bucket of training data, which is made again from its sources when it is needed again."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import Construct


class TrainingBucket(s3.Bucket):
    """Objects go after `delete_after`; with `intelligent_tiering`, unread ones get cheaper."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        delete_after: cdk.Duration,
        intelligent_tiering: bool,
        **kwargs: Any,
    ) -> None:
        tiered = s3.Transition(
            storage_class=s3.StorageClass.INTELLIGENT_TIERING,
            transition_after=cdk.Duration.days(0),
        )
        super().__init__(
            scope,
            construct_id,
            lifecycle_rules=[
                s3.LifecycleRule(
                    transitions=[tiered] if intelligent_tiering else None,
                    expiration=delete_after,
                    noncurrent_version_expiration=cdk.Duration.days(30),
                    abort_incomplete_multipart_upload_after=cdk.Duration.days(7),
                )
            ],
            **kwargs,
        )
