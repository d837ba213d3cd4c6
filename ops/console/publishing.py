"""Puts a built console into its bucket, and has CloudFront forget the pages before it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ops.console.site import ASSETS, SiteFile

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


def publish(s3: S3Client, bucket: str, files: Iterable[SiteFile]) -> tuple[str, ...]:
    """Assets before the pages that name them, so that no visitor meets a page without its own.

    Older assets stay for who still has an older page open. Returns the keys that were not there.
    """
    known = set(_keys(s3, bucket))
    put = []
    for file in files:
        if file.key in known and file.key.startswith(f"{ASSETS}/"):
            continue
        s3.put_object(
            Bucket=bucket,
            Key=file.key,
            Body=file.content,
            ContentType=file.media_type,
            CacheControl=file.cache_control,
        )
        put.append(file.key)
    return tuple(put)


def invalidation(files: Iterable[SiteFile]) -> dict[str, object]:
    """CloudFront's `InvalidationBatch`: the first thousand paths of a month cost nothing.

    Assets are never forgotten, since a changed one has another name.
    """
    pages = [file.key for file in files if not file.key.startswith(f"{ASSETS}/")]
    paths = ["/", *(f"/{page}" for page in pages)]
    return {
        "Paths": {"Quantity": len(paths), "Items": paths},
        "CallerReference": uuid.uuid4().hex,
    }


def _keys(s3: S3Client, bucket: str) -> Iterator[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{ASSETS}/")
    for page in pages:
        for found in page.get("Contents", ()):
            yield found["Key"]
