"""What is evaluated, as one S3 object that every function reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

CURRENT = "definitions/current.json"
# What it was made of: the definitions themselves.
SOURCE = "definitions/source.json"
_ABSENT = {"404", "NoSuchKey", "NotFound"}
_NOT_MODIFIED = {"304", "NotModified"}
# Another writer came between the look and the write.
_OVERTAKEN = {"412", "PreconditionFailed", "409", "ConditionalRequestConflict", *_ABSENT}
_NOTHING = -1
_MOST_ATTEMPTS = 5


class PublicationOvertaken(RuntimeError):
    """Other writers were faster, time and again; the object holds what one of them wrote."""


class UnreadableDefinitions(ValueError):
    """The object is not what `publish` writes."""


@dataclass(frozen=True, slots=True)
class Fetched:
    revision: int
    payload: Mapping[str, Any]
    etag: str


class DefinitionStore:
    """`key` is another object of the same bucket, with the same promises."""

    def __init__(self, client: S3Client, bucket: str, *, key: str = CURRENT) -> None:
        self._client = client
        self._bucket = bucket
        self._key = key

    def publish(self, payload: Mapping[str, Any], *, revision: int) -> None:
        """Writes the payload, unless the object is of a newer revision.

        The same revision is written again: with time alone an experiment ends. Raises
        PublicationOvertaken.
        """
        body = json.dumps({"revision": revision, "payload": payload}, separators=(",", ":"))
        for _ in range(_MOST_ATTEMPTS):
            found, etag = self._current()
            if found > revision or self._put(body.encode(), revision, etag):
                return
        raise PublicationOvertaken(
            f"{self._key} in bucket {self._bucket}: overtaken {_MOST_ATTEMPTS} times"
        )

    def fetch(self, etag: str | None) -> Fetched | None:
        """None when there is nothing other than what `etag` names, or nothing at all.

        Raises UnreadableDefinitions, and botocore's errors when S3 does not answer.
        """
        get = partial(self._client.get_object, Bucket=self._bucket, Key=self._key)
        try:
            answer = get() if etag is None else get(IfNoneMatch=etag)
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT | _NOT_MODIFIED:
                return None
            raise
        try:
            content = json.loads(answer["Body"].read())
            return Fetched(content["revision"], content["payload"], answer["ETag"])
        except (ValueError, KeyError, TypeError) as error:
            raise UnreadableDefinitions(f"{self._key} in bucket {self._bucket}: {error}") from error

    def _current(self) -> tuple[int, str | None]:
        """Revision and entity tag of the object; an unreadable one may be overwritten."""
        try:
            head = self._client.head_object(Bucket=self._bucket, Key=self._key)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _ABSENT:
                raise
            return _NOTHING, None
        revision = head["Metadata"].get("revision", "")
        return int(revision) if revision.isdecimal() else _NOTHING, head["ETag"]

    def _put(self, body: bytes, revision: int, etag: str | None) -> bool:
        """Whether it was written: nobody else wrote since the object was looked at."""
        put = partial(
            self._client.put_object,
            Bucket=self._bucket,
            Key=self._key,
            Body=body,
            ContentType="application/json",
            Metadata={"revision": str(revision)},
        )
        try:
            put(IfNoneMatch="*") if etag is None else put(IfMatch=etag)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _OVERTAKEN:
                raise
            return False
        return True
