"""Reads records of a Kinesis shard again, for as long as the stream keeps them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from kindred_aws.event_stream import Record

if TYPE_CHECKING:
    from types_boto3_kinesis import KinesisClient

# A shard lets itself be read five times a second, and its consumers read it, too.
_PAUSE_SECONDS = 0.3
# Of one call. More than is wanted would be of the two megabytes a second that a shard gives to all.
_MOST_RECORDS = 10_000
# Kinesis may answer with nothing on its way to records.
_MOST_READS = 100
# A shard or a position that the stream does not have any more.
_GONE = ("ResourceNotFoundException", "InvalidArgumentException")


class ShardRecords:
    def __init__(
        self, client: KinesisClient, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._client = client
        self._sleep = sleep

    def read(
        self, *, stream: str, shard_id: str, first: str, last: str, records: int
    ) -> list[Record]:
        """Those between two sequence numbers, both included, that the stream still has, in order.

        `records` is how many there were. Raises errors of boto3 but for what is gone.
        """
        self._sleep(_PAUSE_SECONDS)
        try:
            iterator = self._client.get_shard_iterator(
                StreamName=stream,
                ShardId=shard_id,
                ShardIteratorType="AT_SEQUENCE_NUMBER",
                StartingSequenceNumber=first,
            )["ShardIterator"]
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                return []
            raise
        return self._read(iterator, int(last), min(max(records, 1), _MOST_RECORDS))

    def _read(self, iterator: str | None, last: int, limit: int) -> list[Record]:
        found: list[Record] = []
        for _ in range(_MOST_READS):
            if not iterator:
                break
            answer = self._client.get_records(ShardIterator=iterator, Limit=limit)
            for record in answer["Records"]:
                if int(record["SequenceNumber"]) > last:
                    return found
                found.append(Record(record["PartitionKey"], record["Data"]))
                if int(record["SequenceNumber"]) == last:
                    return found
            if not answer["Records"] and not answer.get("MillisBehindLatest"):
                break
            iterator = answer.get("NextShardIterator")
            self._sleep(_PAUSE_SECONDS)
        return found
