"""Objects of a bucket that keeps versions, removed with all that they were before."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


def remove_versions(client: S3Client, *, bucket: str, key: str) -> None:
    """Every version of `key`, delete markers too.

    Not `delete_objects`, which answers well for what it did not remove.
    """
    pages = client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key)
    for page in pages:
        for held in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
            if held["Key"] == key:
                client.delete_object(Bucket=bucket, Key=key, VersionId=held["VersionId"])
