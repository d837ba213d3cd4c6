"""Kinesis shards as the emulator keeps them, read by sequence number, and news of what arrives."""

from __future__ import annotations

import threading
import time
from bisect import bisect_right
from typing import Any

from ministack.services import kinesis

from .resource_handlers import after_each_change

Stream = dict[str, Any]
Record = dict[str, Any]

# Before the first record of a shard.
START = ""
SECONDS_OF_AN_HOUR = 3600

_arrivals = threading.Condition()


def install() -> None:
    """Tell who waits of new records, and drop expired ones without looking at every record."""
    put_record, put_records = kinesis._put_record, kinesis._put_records

    def put_one(request: Any) -> Any:
        return _announced(put_record(request))

    def put_many(request: Any) -> Any:
        return _announced(put_records(request))

    kinesis._put_record, kinesis._put_records = put_one, put_many
    kinesis._expire_records = _expire
    after_each_change("AWS::Kinesis::Stream", _encryption)


def find_stream(arn: str) -> Stream | None:
    """The stream while it is active."""
    stream: Stream | None = kinesis._streams.get(arn.rpartition("/")[2])
    return stream if stream and stream["StreamStatus"] == "ACTIVE" else None


def read_after(stream: Stream, shard_id: str, sequence_number: str, limit: int) -> list[Record]:
    """The next records of the shard, oldest first."""
    records: list[Record] = stream["shards"][shard_id]["records"]
    start = bisect_right(records, sequence_number, key=_number) if sequence_number else 0
    return records[start : start + limit]


def latest(stream: Stream, shard_id: str) -> str:
    """The sequence number of the shard's last record."""
    records = stream["shards"][shard_id]["records"]
    return str(records[-1]["SequenceNumber"]) if records else START


def await_arrival(seconds: float) -> None:
    """Until records are put on some stream, or the time is over."""
    with _arrivals:
        _arrivals.wait(seconds)


def _announced(response: Any) -> Any:
    with _arrivals:
        _arrivals.notify_all()
    return response


def _encryption(name: str, properties: dict[str, Any]) -> dict[str, Any]:
    """The emulator's CloudFormation leaves out how the template encrypts the stream."""
    wanted = properties.get("StreamEncryption")
    stream = kinesis._streams[name]
    stream["EncryptionType"] = wanted["EncryptionType"] if wanted else "NONE"
    stream["KeyId"] = wanted["KeyId"] if wanted else None
    return {}


def _number(record: Record) -> str:
    return str(record["SequenceNumber"])


def _expire(stream: Stream) -> None:
    oldest_kept = time.time() - stream["RetentionPeriodHours"] * SECONDS_OF_AN_HOUR
    for shard in stream["shards"].values():
        records = shard["records"]
        gone = 0
        while gone < len(records) and records[gone]["ApproximateArrivalTimestamp"] < oldest_kept:
            gone += 1
        del records[:gone]
