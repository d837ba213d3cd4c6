"""The data set of a run in the training bucket: its files, what they hold, and its manifest."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from kindred.similarity.ranking_quality import K

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_ABSENT = {"404", "NoSuchKey", "NotFound"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFile:
    """`sha256` is of the object as it lies there; `measurable` are interactions whose list was
    longer than ten: of a shorter one the model that made it has a recall@10 of 1."""

    key: str
    sha256: str
    bytes: int
    interactions: int
    measurable: int
    clicks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetManifest:
    """`sha256` is of the manifest's own text; the counts are those of all files."""

    key: str
    sha256: str
    interactions: int
    measurable: int
    clicks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingData:
    """All that belongs to a run lies under `retraining/<run id>/`."""

    client: S3Client
    bucket: str

    def prefix(self, run_id: str) -> str:
        return f"retraining/{run_id}"

    def uri(self, run_id: str, part: str) -> str:
        return f"s3://{self.bucket}/{self.prefix(run_id)}/{part}/"

    def describe(self, run_id: str) -> DatasetManifest:
        """Reads every file of the data set once, and writes the manifest beside it.

        The same files have the same manifest. Raises ValueError for a line that is not JSON.
        """
        files = sorted(self._files(f"{self.prefix(run_id)}/interactions/"), key=lambda f: f.key)
        text = json.dumps({"files": [asdict(file) for file in files]}, indent=2, sort_keys=True)
        key = f"{self.prefix(run_id)}/dataset.json"
        self.write(key, text)
        return DatasetManifest(
            key=key,
            sha256=hashlib.sha256(text.encode()).hexdigest(),
            interactions=sum(file.interactions for file in files),
            measurable=sum(file.measurable for file in files),
            clicks=sum(file.clicks for file in files),
        )

    def read(self, key: str) -> bytes | None:
        try:
            return self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] not in _ABSENT:
                raise
            return None

    def write(self, key: str, text: str) -> None:
        self.client.put_object(
            Bucket=self.bucket, Key=key, Body=text.encode(), ContentType="application/json"
        )

    def _files(self, prefix: str) -> Iterator[DataFile]:
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=prefix
        )
        for page in pages:
            for entry in page.get("Contents", []):
                if entry["Size"]:
                    yield self._described(entry["Key"])

    def _described(self, key: str) -> DataFile:
        body = self.client.get_object(Bucket=self.bucket, Key=key)["Body"]
        digested: Any = _Digested(body)
        lines = gzip.GzipFile(fileobj=digested) if key.endswith(".gz") else digested
        interactions = measurable = clicks = 0
        for number, line in enumerate(_lines(lines), 1):
            try:
                row = json.loads(line)
                clicks += len(row.get("clicked") or ())
                measurable += len(row.get("shown") or ()) > K
            except (ValueError, AttributeError, TypeError) as error:
                raise ValueError(f"{key}, line {number}: given no interaction: {error}") from error
            interactions += 1
        digested.drain()
        return DataFile(
            key=key,
            sha256=digested.digest.hexdigest(),
            bytes=digested.bytes,
            interactions=interactions,
            measurable=measurable,
            clicks=clicks,
        )


class _Digested:
    """A stream that is digested as it is read, so that a file is fetched once."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()
        self.bytes = 0

    def read(self, size: int = -1) -> bytes:
        part: bytes = self._stream.read(None if size < 0 else size)
        self.digest.update(part)
        self.bytes += len(part)
        return part

    def drain(self) -> None:
        while self.read(1 << 20):
            pass


def _lines(stream: Any) -> Iterator[bytes]:
    rest = b""
    while part := stream.read(1 << 20):
        *whole, rest = (rest + part).split(b"\n")
        yield from (line for line in whole if line.strip())
    if rest.strip():
        yield rest
