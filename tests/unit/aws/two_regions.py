"""A bucket and its replica in another region, where S3 copies when a test says so."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import boto3
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends

from kindred_aws.bucket_replica import BucketReplica

SOURCE, REPLICA = "source", "replica"
FIRST, SECOND = "us-east-1", "us-west-2"


class TwoRegions:
    """`statuses` are what S3 tells of a version of the source: whether it was copied."""

    def __init__(self):
        self.here, self.there = (boto3.client("s3", region_name=each) for each in (FIRST, SECOND))
        self.here.create_bucket(Bucket=SOURCE)
        self.there.create_bucket(
            Bucket=REPLICA, CreateBucketConfiguration={"LocationConstraint": SECOND}
        )
        for client, bucket in ((self.here, SOURCE), (self.there, REPLICA)):
            client.put_bucket_versioning(
                Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
            )
        self.statuses = {}
        self._head = self.here.head_object
        self.here.head_object = self._with_status
        self.replica = BucketReplica(
            source=self.here, source_bucket=SOURCE, client=self.there, bucket=REPLICA
        )

    def put(self, key, body, *, status="COMPLETED"):
        version = self.here.put_object(Bucket=SOURCE, Key=key, Body=body)["VersionId"]
        self.statuses[version] = status
        if status == "COMPLETED":
            self.copy(key, version, body)
        return version

    def copy(self, key, version, body):
        """As S3 does: under the version's own id."""
        self.there.put_object(Bucket=REPLICA, Key=key, Body=body)
        keys = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets[REPLICA].keys
        keys.getlist(key)[-1]._version_id = version

    def versions(self, bucket):
        client = self.here if bucket == SOURCE else self.there
        listed = client.list_object_versions(Bucket=bucket).get("Versions", [])
        return {(each["Key"], each["VersionId"]) for each in listed}

    def _with_status(self, **asked):
        answer = self._head(**asked)
        status = self.statuses.get(asked.get("VersionId"))
        return {**answer, "ReplicationStatus": status} if status else answer


@contextmanager
def two_regions() -> Iterator[TwoRegions]:
    given = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    with patch.dict("os.environ", given), mock_aws():
        yield TwoRegions()
