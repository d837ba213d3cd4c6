"""The bucket of what evaluators evaluate: the current snapshot, and those before it."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from kindred_constructs.grants import allow

CURRENT = "definitions/current.json"
# What the snapshot was made of: a service that starts without its database goes on from it.
SOURCE = "definitions/source.json"


class DefinitionsBucket(s3.Bucket):
    """One object, overwritten at each change; a version that was replaced stays for a month."""

    def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
        super().__init__(
            scope,
            construct_id,
            lifecycle_rules=[
                s3.LifecycleRule(
                    noncurrent_version_expiration=cdk.Duration.days(30),
                    abort_incomplete_multipart_upload_after=cdk.Duration.days(7),
                )
            ],
            **kwargs,
        )

    def grant_evaluate(self, grantee: iam.IGrantable) -> None:
        """Reads of the snapshot."""
        self._allow_read(grantee, CURRENT)

    def grant_read_source(self, grantee: iam.IGrantable) -> None:
        self._allow_read(grantee, SOURCE)

    def grant_publish(self, grantee: iam.IGrantable) -> None:
        """Writes of it and of its source, which take a read: a newer one is never overwritten."""
        self.grant_evaluate(grantee)
        self.grant_read_source(grantee)
        written = [self.arn_for_objects(each) for each in (CURRENT, SOURCE)]
        allow(grantee, written, "s3:PutObject")
        self._allow_key(grantee, "kms:GenerateDataKey")

    def _allow_read(self, grantee: iam.IGrantable, key: str) -> None:
        """The list permission makes a missing object 404, not 403."""
        allow(grantee, [self.arn_for_objects(key)], "s3:GetObject")
        allow(grantee, [self.bucket_arn], "s3:ListBucket")
        self._allow_key(grantee, "kms:Decrypt")

    def _allow_key(self, grantee: iam.IGrantable, action: str) -> None:
        if self.encryption_key:
            self.encryption_key.grant(grantee, action)
