"""A bucket's rule by which each object is in the second region within fifteen minutes."""

from __future__ import annotations

from aws_cdk import aws_s3 as s3
from constructs import Construct

from kindred_constructs.second_region import SecondRegion, bucket_elsewhere, key_elsewhere


def replication(
    scope: Construct, construct_id: str, *, replica: s3.Bucket, second: SecondRegion
) -> list[s3.ReplicationRule]:
    """Deletions stay here: what is deleted by mistake, or by malice, is still there.

    The fifteen minutes are S3's own promise for 99.99 % of objects; most take seconds.
    """
    within = s3.ReplicationTimeValue.FIFTEEN_MINUTES
    return [
        s3.ReplicationRule(
            destination=bucket_elsewhere(scope, f"{construct_id}Replica", replica),
            kms_key=key_elsewhere(scope, f"{construct_id}ReplicaKey", second),
            sse_kms_encrypted_objects=True,
            delete_marker_replication=False,
            replication_time_control=within,
            metrics=within,
        )
    ]
