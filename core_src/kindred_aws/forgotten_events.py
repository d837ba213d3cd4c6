"""A unit's events in the archive: found by Athena, and left out of the objects that hold them.

Parquet is written anew by Athena as well: each object without the unit's rows, beside the others of
its day; then the old one goes, with its versions. Where that is cut off in between, an event is
there twice, which the archive allows, and the object is found again.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from kindred.privacy.forgetting import Names, Passed
from kindred_aws.bucket_replica import BucketReplica, note_on_waiting
from kindred_aws.event_lake import EventLake
from kindred_aws.object_versions import remove_versions

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

# Answers of Athena, and what it unloads, go by themselves from below here.
_UNLOADED = "query-results/forgotten/"
_OBJECTS_A_PASS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgottenEvents:
    """A month a pass: the workgroup limits what one query may read. The cursor is a month's first.

    `columns` are the table's, without its partition; `days` is how long the archive keeps, which
    began on `first_day`; `replica` is where S3 copies the bucket to.
    """

    lake: EventLake
    s3: S3Client
    bucket: str
    table: str
    columns: Sequence[str]
    first_day: date
    days: int
    replica: BucketReplica | None = None
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    def go_through(self, names: Names, *, remove: bool, cursor: str | None) -> Passed:
        today = self.now().date()
        begins = max(self.first_day, today - timedelta(days=self.days))
        first = date.fromisoformat(cursor) if cursor else begins
        after = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
        held = dict(self._objects(names, first, after))
        handled, waiting = self._removable(held) if remove else ([], [])
        for address in handled:
            self._rewrite(address, names)
        left = remove and len(held) > len(handled) + len(waiting)
        again = first.isoformat() if left else after.isoformat()
        return Passed(
            looked_at=self._rows(first, after) if not left else 0,
            found=sum(held[each] for each in (handled if left else held)),
            removed=sum(held[each] for each in handled),
            cursor=again if left or after <= today + timedelta(days=1) else None,
            notes=note_on_waiting(len(waiting)) if not left else (),
        )

    def _removable(self, addresses: Iterable[str]) -> tuple[list[str], list[str]]:
        """As many as a pass takes, and those before them that S3 has yet to copy."""
        handled: list[str] = []
        waiting: list[str] = []
        for address in addresses:
            if len(handled) == _OBJECTS_A_PASS:
                break
            awaited = self.replica and self.replica.awaits(self._key(address))
            (waiting if awaited else handled).append(address)
        return handled, waiting

    def _objects(self, names: Names, first: date, after: date) -> Iterable[tuple[str, int]]:
        question = f"""SELECT "$path", count(*) FROM {self.table}
WHERE {_within(first, after)} AND unit_id IN ({_texts(names.all)})
GROUP BY "$path" ORDER BY 1"""  # noqa: S608 (our table; names are quoted)
        for address, count in self.lake.rows(question):
            yield str(address), int(count or 0)

    def _rows(self, first: date, after: date) -> int:
        question = f"SELECT count(*) FROM {self.table} WHERE {_within(first, after)}"  # noqa: S608
        [(count,)] = self.lake.rows(question)
        return int(count or 0)

    def _rewrite(self, address: str, names: Names) -> None:
        key = self._key(address)
        day = key.split("day=", 1)[1][:10]
        unloaded = f"{_UNLOADED}{uuid.uuid4()}/"
        columns = ", ".join(f'"{each}"' for each in self.columns)
        # A query of rows that are no unit's answers nothing here: every event has a unit.
        statement = f"""UNLOAD (
SELECT {columns} FROM {self.table}
WHERE day = '{day}' AND "$path" = '{_quoted(address)}' AND unit_id NOT IN ({_texts(names.all)})
) TO 's3://{self.bucket}/{unloaded}' WITH (format = 'PARQUET', compression = 'SNAPPY')"""  # noqa: S608
        list(self.lake.rows(statement))
        folder = key.rpartition("/")[0]
        for kept in self._keys(unloaded):
            name = f"{folder}/kept-{uuid.uuid4()}.parquet"
            self.s3.copy({"Bucket": self.bucket, "Key": kept}, self.bucket, name)
        if self.replica:
            self.replica.remove(key)
        remove_versions(self.s3, bucket=self.bucket, key=key)
        for kept in self._keys(unloaded):
            remove_versions(self.s3, bucket=self.bucket, key=kept)

    def _key(self, address: str) -> str:
        return address.removeprefix(f"s3://{self.bucket}/")

    def _keys(self, prefix: str) -> list[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return [each["Key"] for page in pages for each in page.get("Contents", [])]


def _within(first: date, after: date) -> str:
    return f"day >= '{first}' AND day < '{after}'"


def _texts(values: Iterable[str]) -> str:
    return ", ".join(f"'{_quoted(value)}'" for value in values)


def _quoted(text: str) -> str:
    return text.replace("'", "''")
