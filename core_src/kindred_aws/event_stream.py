"""Puts events onto the Kinesis stream, and says which it did not take."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from types_boto3_kinesis import KinesisClient
    from types_boto3_kinesis.type_defs import PutRecordsRequestEntryTypeDef

# What one call takes.
RECORDS_PER_CALL = 500
BYTES_PER_CALL = 5 * 1024 * 1024
# A shard's second is over after these, and its limit with it.
_PAUSES_SECONDS = (0.1, 0.3, 0.7)


@dataclass(frozen=True, slots=True)
class Record:
    """`partition_key` is 1 to 256 characters: records of one key go to one shard."""

    partition_key: str
    data: bytes


class EventStream:
    def __init__(
        self,
        client: KinesisClient,
        *,
        stream_name: str,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._stream_name = stream_name
        self._sleep = sleep

    def put(self, records: Sequence[Record]) -> dict[int, str]:
        """Positions of the records that the stream did not take, each with AWS's error code.

        Those may be sent again later; every other record is on the stream. What a call refuses
        goes again in the order given; within one call Kinesis itself promises no order.
        """
        refused: dict[int, str] = {}
        for call in _calls(records):
            refused.update(self._put(call, records))
        return refused

    def _put(self, call: Sequence[int], records: Sequence[Record]) -> dict[int, str]:
        refused = self._attempt(call, records)
        for pause in _PAUSES_SECONDS:
            if not refused:
                break
            self._sleep(pause)
            refused = self._attempt(list(refused), records)
        return refused

    def _attempt(self, positions: Sequence[int], records: Sequence[Record]) -> dict[int, str]:
        entries: list[PutRecordsRequestEntryTypeDef] = [
            {"Data": records[at].data, "PartitionKey": records[at].partition_key}
            for at in positions
        ]
        try:
            answer = self._client.put_records(StreamName=self._stream_name, Records=entries)
        except ClientError as error:
            return dict.fromkeys(positions, error.response["Error"]["Code"])
        except BotoCoreError as error:
            return dict.fromkeys(positions, type(error).__name__)
        return {
            at: outcome["ErrorCode"]
            for at, outcome in zip(positions, answer["Records"], strict=True)
            if "ErrorCode" in outcome
        }


def _calls(records: Sequence[Record]) -> Iterator[list[int]]:
    call: list[int] = []
    size = 0
    for at, record in enumerate(records):
        bytes_ = len(record.data) + len(record.partition_key.encode())
        if call and (len(call) == RECORDS_PER_CALL or size + bytes_ > BYTES_PER_CALL):
            yield call
            call, size = [], 0
        call.append(at)
        size += bytes_
    if call:
        yield call
