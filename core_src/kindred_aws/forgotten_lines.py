"""Lines of JSON in objects of S3 that are a unit's: left out of the object that holds them.

What is left is written beside it, then the old object goes, with its versions. Where that is cut
off in between, lines of others are there twice, and the object is found again.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from kindred.privacy.forgetting import Names, Passed, event_in
from kindred_aws.bucket_replica import BucketReplica, note_on_waiting
from kindred_aws.object_versions import remove_versions

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_OBJECTS_A_PASS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgottenLines:
    """The cursor is the last key that was looked at; `replica` is where S3 copies the bucket to."""

    s3: S3Client
    bucket: str
    prefix: str
    is_named: Callable[[Any, Names], bool]
    replica: BucketReplica | None = None

    def go_through(self, names: Names, *, remove: bool, cursor: str | None) -> Passed:
        answer = self.s3.list_objects_v2(
            Bucket=self.bucket,
            Prefix=self.prefix,
            MaxKeys=_OBJECTS_A_PASS,
            # Before every key of the prefix, where there is no cursor yet.
            StartAfter=cursor or self.prefix,
        )
        keys = [each["Key"] for each in answer.get("Contents", [])]
        looked_at = found = removed = waiting = 0
        for key in keys:
            lines = self._lines(key)
            kept = [line for line in lines if not self._is(line, names)]
            own = len(lines) - len(kept)
            looked_at += len(lines)
            found += own
            if not (remove and own):
                continue
            if self.replica and self.replica.awaits(key):
                waiting += 1
                continue
            self._rewrite(key, kept)
            removed += own
        return Passed(
            looked_at=looked_at,
            found=found,
            removed=removed,
            cursor=keys[-1] if answer["IsTruncated"] else None,
            notes=note_on_waiting(waiting),
        )

    def _rewrite(self, key: str, kept: Sequence[bytes]) -> None:
        if kept:
            at = PurePosixPath(key)
            beside = at.with_name(f"kept-{uuid.uuid4()}{at.suffix}")
            body = b"\n".join([*kept, b""])
            self.s3.put_object(Bucket=self.bucket, Key=str(beside), Body=body)
        if self.replica:
            self.replica.remove(key)
        remove_versions(self.s3, bucket=self.bucket, key=key)

    def _lines(self, key: str) -> list[bytes]:
        body = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return [line for line in body.split(b"\n") if line.strip()]

    def _is(self, line: bytes, names: Names) -> bool:
        try:
            return self.is_named(json.loads(line), names)
        except ValueError:
            return names.named_by_event(line)


def is_undelivered(line: Any, names: Names) -> bool:
    """Of what Firehose could not convert: the record lies in `rawData`."""
    return isinstance(line, dict) and names.named_by_event(event_in(line, field_name="rawData"))


def is_captured(line: Any, names: Names) -> bool:
    """Of what SageMaker captured: under the id that the request was given."""
    told = line.get("eventMetadata") if isinstance(line, dict) else None
    return isinstance(told, dict) and names.named_by_capture(told.get("inferenceId"))
