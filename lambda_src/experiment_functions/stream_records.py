"""A Kinesis batch as Lambda hands it over: events, and records that are none."""

from __future__ import annotations

from binascii import Error, a2b_base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kindred.experiments.events import Event, InvalidEvent, decode
from kindred_aws.dead_letters import DeadLetter

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Arrived:
    sequence_number: str
    event: Event
    record: Record


def read(records: Iterable[Record]) -> tuple[list[Arrived], list[tuple[Record, str]]]:
    """Events in the stream's order; and records that will never be one, with the reason."""
    arrived: list[Arrived] = []
    invalid: list[tuple[Record, str]] = []
    for record in records:
        kinesis = record["kinesis"]
        try:
            event = decode(a2b_base64(kinesis["data"]))
        except (InvalidEvent, Error) as error:
            invalid.append((record, str(error)))
        else:
            arrived.append(Arrived(kinesis["sequenceNumber"], event, record))
    return arrived, invalid


def shard_id(record: Record) -> str:
    """`eventID` is the shard's id and the sequence number, with a colon between."""
    return str(record["eventID"]).partition(":")[0]


def dead_letter(record: Record, reason: str, *, consumer: str) -> DeadLetter:
    kinesis = record["kinesis"]
    return DeadLetter(
        consumer=consumer,
        reason=reason,
        shard_id=shard_id(record),
        sequence_number=kinesis["sequenceNumber"],
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
