"""The bucket of what evaluators evaluate: the current snapshot, and those before it."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

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
        """Reads of the snapshot; the list permission makes a missing one 404, not 403."""
        self._allow(grantee, "s3:GetObject", resource=self.arn_for_objects(CURRENT))
        self._allow(grantee, "s3:ListBucket", resource=self.bucket_arn)
        self._allow_key(grantee, "kms:Decrypt")

    def grant_read_source(self, grantee: iam.IGrantable) -> None:
        self._allow(grantee, "s3:GetObject", resource=self.arn_for_objects(SOURCE))
        self._allow(grantee, "s3:ListBucket", resource=self.bucket_arn)
        self._allow_key(grantee, "kms:Decrypt")

    def grant_publish(self, grantee: iam.IGrantable) -> None:
        """Writes of it and of its source, which take a read: a newer one is never overwritten."""
        self.grant_evaluate(grantee)
        self.grant_read_source(grantee)
        for written in (CURRENT, SOURCE):
            self._allow(grantee, "s3:PutObject", resource=self.arn_for_objects(written))
        self._allow_key(grantee, "kms:GenerateDataKey")

    def _allow(self, grantee: iam.IGrantable, action: str, *, resource: str) -> None:
        iam.Grant.add_to_principal(grantee=grantee, actions=[action], resource_arns=[resource])

    def _allow_key(self, grantee: iam.IGrantable, action: str) -> None:
        if self.encryption_key:
            self.encryption_key.grant(grantee, action)
