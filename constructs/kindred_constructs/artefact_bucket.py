"""A bucket of published model artefacts, read by prefix."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from kindred_constructs.grants import allow

PUBLISHED = "embeddings/*"
CATALOGUE = "catalogue/*"


class ArtefactBucket(s3.Bucket):
    """Published artefacts stay readable for ever; only their price falls with age.

    A current object moves to Glacier Instant Retrieval, which answers a read at once. A replaced
    or deleted version serves nobody, and moves to Glacier Flexible Retrieval, then goes.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, archive_after: cdk.Duration, **kwargs: Any
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="ArchivePublished",
                    prefix=PUBLISHED.removesuffix("*"),
                    transitions=[
                        s3.Transition(
                            storage_class=s3.StorageClass.GLACIER_INSTANT_RETRIEVAL,
                            transition_after=archive_after,
                        )
                    ],
                ),
                s3.LifecycleRule(
                    id="ArchiveReplaced",
                    noncurrent_version_transitions=[
                        s3.NoncurrentVersionTransition(
                            storage_class=s3.StorageClass.GLACIER, transition_after=archive_after
                        )
                    ],
                    noncurrent_version_expiration=cdk.Duration.days(archive_after.to_days() + 365),
                    abort_incomplete_multipart_upload_after=cdk.Duration.days(7),
                ),
            ],
            **kwargs,
        )

    def grant_read_published(self, grantee: iam.IGrantable) -> None:
        self._grant_read(grantee, PUBLISHED)

    def grant_read_catalogue(self, grantee: iam.IGrantable) -> None:
        """Of the apps themselves, which the embeddings were made of."""
        self._grant_read(grantee, CATALOGUE)

    def _grant_read(self, grantee: iam.IGrantable, objects: str) -> None:
        """The list permission makes a missing key 404, not 403."""
        if self.encryption_key:
            self.encryption_key.grant_decrypt(grantee)
        allow(grantee, [self.arn_for_objects(objects)], "s3:GetObject")
        allow(grantee, [self.bucket_arn], "s3:ListBucket")

    def grant_publish(self, grantee: iam.IGrantable) -> None:
        published = self.arn_for_objects(PUBLISHED)
        allow(grantee, [published], "s3:AbortMultipartUpload", "s3:PutObject")
        if self.encryption_key:
            self.encryption_key.grant(grantee, "kms:Decrypt", "kms:GenerateDataKey")
