"""Objects of S3 that jobs read and write, with whatever rights the client has."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client

CHUNK_BYTES = 1 << 20


class JobFailed(Exception):
    """Why a job cannot go on, as its failure reason."""


def split_address(address: str) -> tuple[str, str]:
    """Bucket and key of `s3://bucket/key`. Raises JobFailed."""
    parts = urlsplit(address)
    if parts.scheme != "s3" or not parts.netloc:
        raise JobFailed(f"ClientError: {address} is no address of S3, as in s3://bucket/key")
    return parts.netloc, parts.path.lstrip("/")


def join_address(address: str, name: str) -> str:
    return f"{address.rstrip('/')}/{name}"


def list_objects(s3: S3Client, address: str) -> Iterator[tuple[str, str]]:
    """Key of each object that begins with the address, and its name below that."""
    bucket, prefix = split_address(address)
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for found in page.get("Contents", []):
            key = found["Key"]
            if not key.endswith("/"):
                yield key, key.removeprefix(prefix).lstrip("/") or key.rpartition("/")[2]


def download_prefix(s3: S3Client, address: str, target: Path) -> int:
    """Every object below the address into the folder; how many."""
    bucket, _ = split_address(address)
    count = 0
    for key, name in list_objects(s3, address):
        path = target / name
        if not path.resolve().is_relative_to(target.resolve()):
            raise JobFailed(f"ClientError: the key {key} leads out of its folder")
        path.parent.mkdir(parents=True, exist_ok=True)
        body = s3.get_object(Bucket=bucket, Key=key)["Body"]
        with path.open("wb") as file:
            file.writelines(body.iter_chunks(CHUNK_BYTES))
        count += 1
    return count


def upload_file(s3: S3Client, path: Path, address: str, *, key_id: str | None = None) -> None:
    """With its SHA-256, which S3 compares and keeps; by the key, or as the bucket has it."""
    bucket, key = split_address(address)
    encryption: dict[str, Any] = {}
    if key_id:
        encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_id}
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
        file.seek(0)
        s3.put_object(
            Bucket=bucket,
            Key=key,
            Body=file,
            ChecksumAlgorithm="SHA256",
            ChecksumSHA256=base64.b64encode(digest).decode(),
            **encryption,
        )


class FolderCopy:
    """Keeps an address of S3 like a folder; what goes from the folder stays there."""

    def __init__(self, s3: S3Client, folder: Path, address: str) -> None:
        self._s3, self._folder, self._address = s3, folder, address
        self._copied: dict[Path, tuple[int, int]] = {}

    def fetch(self) -> int:
        """What is kept there, into the folder; how many files."""
        count = download_prefix(self._s3, self._address.rstrip("/") + "/", self._folder)
        self._copied = {path: _state(path) for path in self._files()}
        return count

    def copy(self) -> None:
        """What changed since."""
        for path in self._files():
            try:
                state = _state(path)
                if self._copied.get(path) != state:
                    name = str(path.relative_to(self._folder))
                    upload_file(self._s3, path, join_address(self._address, name))
                    self._copied[path] = state
            except FileNotFoundError:
                # The container replaced it just now: the next round has it.
                continue

    def _files(self) -> list[Path]:
        # Passes over a folder that is renamed while this looks, where a search by pattern fails.
        return sorted(
            Path(root) / name for root, _, names in os.walk(self._folder) for name in names
        )


def _state(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_mtime_ns, found.st_size
