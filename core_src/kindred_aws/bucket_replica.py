"""The copies that S3 keeps of a bucket's versions in another region, under their keys and ids.

S3 copies no removal of a version. So who removes one removes its copy, and that first: whatever
cuts it off, a copy is never left alone. Nor is a version removed that S3 has yet to copy, or its
copy would come later.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, groupby, islice, takewhile
from typing import TYPE_CHECKING, Any

from kindred.privacy.forgetting import Passed
from kindred_aws.object_versions import remove_versions

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_KEYS_A_PASS = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketReplica:
    """`client` is one of the other region, `source` and `source_bucket` are what is replicated."""

    source: S3Client
    source_bucket: str
    client: S3Client
    bucket: str

    def awaits(self, key: str) -> bool:
        """Whether S3 has yet to copy a version of `key`: a FAILED one it does not try again.

        Source: Amazon S3 User Guide, "Getting replication status information", by which S3's own
        expiry waits as well.
        """
        pages = self.source.get_paginator("list_object_versions").paginate(
            Bucket=self.source_bucket, Prefix=key
        )
        return any(
            self._status(key, held["VersionId"]) == "PENDING"
            for page in pages
            for held in page.get("Versions", [])
            if held["Key"] == key
        )

    def remove(self, key: str) -> None:
        remove_versions(self.client, bucket=self.bucket, key=key)

    def look(self, prefix: str, *, cursor: str | None) -> Passed:
        """Finds versions that are here and no longer in the source, and removes none of them: they
        may be what somebody deleted there by mistake. The cursor is the last key looked at.

        What has expired here by itself is left out, as it goes later here than in the source.
        """
        # Before the source is listed: what is here by now has been there.
        copies = list(islice(_keys(self.client, self.bucket, prefix, cursor), _KEYS_A_PASS))
        last = copies[-1].name if len(copies) == _KEYS_A_PASS else None
        known = {
            key.name: key.versions
            for key in takewhile(
                lambda key: last is None or key.name <= last,
                _keys(self.source, self.source_bucket, prefix, cursor),
            )
        }
        alone = {
            key.name: key.versions - known.get(key.name, frozenset())
            for key in copies
            if not key.expired
        }
        left = [name for name, versions in alone.items() if versions]
        return Passed(
            looked_at=sum(len(key.versions) for key in copies),
            found=sum(len(versions) for versions in alone.values()),
            cursor=last,
            notes=(self._note(left),) if left else (),
        )

    def _status(self, key: str, version: str) -> str | None:
        answer = self.source.head_object(Bucket=self.source_bucket, Key=key, VersionId=version)
        return answer.get("ReplicationStatus")

    def _note(self, keys: list[str]) -> str:
        return (
            f"{self.bucket}: {len(keys)} objects have versions that {self.source_bucket} has not, "
            f"the first is {keys[0]}: find out who deleted them there, then delete them here too"
        )


def note_on_waiting(objects: int) -> tuple[str, ...]:
    if not objects:
        return ()
    return (
        f"{objects} objects were left as they are, which S3 has yet to copy to the second region: "
        "run this again in fifteen minutes",
    )


@dataclass(frozen=True, slots=True)
class _Key:
    name: str
    versions: frozenset[str]
    expired: bool


def _keys(client: S3Client, bucket: str, prefix: str, after: str | None) -> Iterator[_Key]:
    """In their order, which is that of both lists of a page; a key may go on in the next one."""
    given: dict[str, Any] = {"KeyMarker": after} if after else {}
    pages = client.get_paginator("list_object_versions").paginate(
        Bucket=bucket, Prefix=prefix, **given
    )
    held = chain.from_iterable(
        heapq.merge(page.get("Versions", []), page.get("DeleteMarkers", []), key=_name)
        for page in pages
    )
    for name, group in groupby(held, _name):
        # AWS does not say whether a list starts at its marker or after it.
        if after and name <= after:
            continue
        entries = list(group)
        yield _Key(
            name=name,
            # Of the two, a delete marker alone has no size.
            versions=frozenset(each["VersionId"] for each in entries if "Size" in each),
            expired=any(each["IsLatest"] and "Size" not in each for each in entries),
        )


def _name(entry: Any) -> str:
    return str(entry["Key"])
