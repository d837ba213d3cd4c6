"""The bucket of models, of what they are trained on, and of what they were asked and answered."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from kindred_constructs.grants import allow

BATCH_INPUT, BATCH_OUTPUT = "batch/input/", "batch/output/"
DATA_CAPTURE = "data-capture/"
# What drift is measured against.
DRIFT = "drift/"
FEATURES = "features/"
MODELS = "models/"
RETRAINING = "retraining/"
# Made again from its sources when it is needed again. A model and the feature store's history are
# not: an endpoint fetches its model each time it grows, however old that is.
_GOES = ("batch/", DATA_CAPTURE, RETRAINING)


class TrainingBucket(s3.Bucket):
    """With `intelligent_tiering`, objects that nobody reads get cheaper."""

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
                    noncurrent_version_expiration=cdk.Duration.days(30),
                    abort_incomplete_multipart_upload_after=cdk.Duration.days(7),
                ),
                *(s3.LifecycleRule(prefix=prefix, expiration=delete_after) for prefix in _GOES),
            ],
            **kwargs,
        )

    def grant_read_below(self, grantee: iam.IGrantable, *prefixes: str) -> None:
        """The list permission makes a missing key 404, not 403."""
        allow(grantee, self._objects(prefixes), "s3:GetObject")
        allow(grantee, [self.bucket_arn], "s3:ListBucket")
        if self.encryption_key:
            self.encryption_key.grant(grantee, "kms:Decrypt")

    def grant_write_below(self, grantee: iam.IGrantable, *prefixes: str) -> None:
        allow(grantee, self._objects(prefixes), "s3:AbortMultipartUpload", "s3:PutObject")
        if self.encryption_key:
            self.encryption_key.grant(grantee, "kms:Decrypt", "kms:GenerateDataKey")

    def grant_forget_below(self, grantee: iam.IGrantable, prefix: str) -> None:
        """Write objects anew without what is to go, and remove every version of the old ones."""
        self.grant_read_below(grantee, prefix)
        self.grant_write_below(grantee, prefix)
        allow(grantee, self._objects((prefix,)), "s3:DeleteObject", "s3:DeleteObjectVersion")
        allow(grantee, [self.bucket_arn], "s3:ListBucketVersions")

    def grant_unload_below(self, grantee: iam.IGrantable, prefix: str) -> None:
        """What Athena takes to write an answer there as who asked."""
        self.grant_write_below(grantee, prefix)
        allow(grantee, [self.bucket_arn], "s3:GetBucketLocation", "s3:ListBucket")

    def _objects(self, prefixes: tuple[str, ...]) -> list[str]:
        return [self.arn_for_objects(f"{prefix}*") for prefix in prefixes]
