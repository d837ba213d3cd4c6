"""A bucket's rule by which each object is in the second region within fifteen minutes."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from kindred_constructs.second_region import SecondRegion, bucket_elsewhere, key_elsewhere

# As its metrics name it.
RULE = "second-region"


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketReplica:
    bucket: s3.Bucket
    second: SecondRegion

    @property
    def name(self) -> str:
        """As templates of the first region may read it."""
        return str(self._resource.ref)

    def grant_forget(self, grantee: iam.IGrantable, *, source: s3.IBucket, prefix: str) -> None:
        """Remove copies of what goes from the `source`, once S3 has made them; read none."""
        replica = self._resource.attr_arn
        for action, resource in (
            ("s3:GetObjectVersion", source.arn_for_objects(f"{prefix}*")),
            ("s3:DeleteObjectVersion", f"{replica}/{prefix}*"),
            ("s3:ListBucketVersions", replica),
        ):
            iam.Grant.add_to_principal(grantee=grantee, actions=[action], resource_arns=[resource])

    def rules(
        self, scope: Construct, construct_id: str, *, prefix: str = ""
    ) -> list[s3.ReplicationRule]:
        """Deletions stay here: what is deleted by mistake, or by malice, is still there. What is
        to be forgotten is removed there by who forgets it.

        The fifteen minutes are S3's own promise for 99.99 % of objects; most take seconds.
        """
        within = s3.ReplicationTimeValue.FIFTEEN_MINUTES
        return [
            s3.ReplicationRule(
                id=RULE,
                destination=bucket_elsewhere(scope, f"{construct_id}Replica", self.bucket),
                kms_key=key_elsewhere(scope, f"{construct_id}ReplicaKey", self.second),
                sse_kms_encrypted_objects=True,
                filter=s3.Filter(prefix=prefix) if prefix else None,
                delete_marker_replication=False,
                replication_time_control=within,
                metrics=within,
            )
        ]

    @property
    def _resource(self) -> s3.CfnBucket:
        resource = self.bucket.node.default_child
        assert isinstance(resource, s3.CfnBucket)
        return resource
