"""A Kinesis batch as Lambda hands it over: events, and records that are none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from kindred.experiments.events import Event, InvalidEvent, decode_all
from kindred_aws.dead_letters import DeadLetter

Record = Mapping[str, Any]


def read(records: Sequence[Record]) -> tuple[list[tuple[Record, Event]], list[tuple[Record, str]]]:
    """Events in the stream's order; and records that will never be one, with the reason."""
    events = decode_all([record["kinesis"]["data"] for record in records])
    pairs = list(zip(records, events, strict=True))
    invalid = [(record, str(event)) for record, event in pairs if isinstance(event, InvalidEvent)]
    arrived = pairs if not invalid else [p for p in pairs if not isinstance(p[1], InvalidEvent)]
    return cast("list[tuple[Record, Event]]", arrived), invalid


def sequence_number(record: Record) -> str:
    return str(record["kinesis"]["sequenceNumber"])


def shard_id(record: Record) -> str:
    """`eventID` is the shard's id and the sequence number, with a colon between."""
    return str(record["eventID"]).partition(":")[0]


def dead_letter(record: Record, reason: str, *, consumer: str) -> DeadLetter:
    kinesis = record["kinesis"]
    return DeadLetter(
        consumer=consumer,
        reason=reason,
        shard_id=shard_id(record),
        sequence_number=sequence_number(record),
        partition_key=kinesis["partitionKey"],
        data=kinesis["data"],
    )


def oldest_age_ms(records: Sequence[Record], *, now: float) -> float:
    """How long the batch's first record has waited in the stream."""
    arrived_at = float(records[0]["kinesis"]["approximateArrivalTimestamp"])
    return max(0.0, (now - arrived_at) * 1_000)


def retry_from(sequence_numbers: Iterable[str]) -> dict[str, list[dict[str, str]]]:
    """The answer that has Lambda send the batch again from the first of these on.

    Lambda takes the lowest number that is reported, and none as a batch that is done.
    """
    lowest = min(sequence_numbers, key=int, default=None)
    return {"batchItemFailures": [{"itemIdentifier": lowest}] if lowest is not None else []}
