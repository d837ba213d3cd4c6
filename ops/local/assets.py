"""Put a stack's files where its template looks for them."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

from ops.local.assembly import file_assets

if TYPE_CHECKING:
    from pathlib import Path

    from types_boto3_s3.client import S3Client

    from ops.local.assembly import Stack

# They go from one process of this machine to another: packing them smaller only takes time.
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


def upload_assets(client: S3Client, stack: Stack, *, account: str, region: str) -> str:
    """Upload what is not there yet; the address of the stack's template, byte for byte its file."""
    template_url = ""
    for asset in file_assets(stack, account=account, region=region):
        is_template = asset.source == stack.template_file
        # Keys are content hashes, so an object that exists is the right one; a template that
        # somebody edited for a trial keeps the key of the one it was made from.
        if is_template or not _exists(client, asset.bucket, asset.key):
            body = _zipped(asset.source) if asset.packaging == "zip" else asset.source.read_bytes()
            client.put_object(Bucket=asset.bucket, Key=asset.key, Body=body)
        if is_template:
            template_url = f"https://s3.{region}.amazonaws.com/{asset.bucket}/{asset.key}"
    return template_url


def _exists(client: S3Client, bucket: str, key: str) -> bool:
    return bool(client.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1).get("KeyCount"))


def _zipped(folder: Path) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as target:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(str(file.relative_to(folder)), date_time=ZIP_EPOCH)
            entry.external_attr = (file.stat().st_mode & 0xFFFF) << 16
            target.writestr(entry, file.read_bytes(), zipfile.ZIP_STORED)
    return archive.getvalue()
