"""Counts the stream's events, each once; what is no event goes to the dead-letter queue."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from experiment_functions.stream_observation import emit, logger
from experiment_functions.stream_records import (
    Record,
    dead_letter,
    oldest_age_ms,
    read,
    retry_from,
    sequence_number,
    shard_id,
)
from experiment_functions.stream_settings import dead_letter_queue, ledger
from experiment_functions.stream_tracing import continue_traces
from kindred.experiments.events import is_counted, key_of
from kindred.tracing.segments import Interval
from kindred_aws.experiment_counters import counter_shard


def handler(event: Mapping[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    records: Sequence[Record] = event["Records"]
    failed: set[str] = set()
    for shard, own in groupby(records, key=shard_id):
        failed |= _count(list(own), shard=shard)
    return retry_from(failed)


def _count(records: Sequence[Record], *, shard: str) -> set[str]:
    """The sequence numbers of records that are to come again."""
    started = time.time()
    arrived, invalid = read(records)
    events = [event for _, event in arrived if is_counted(event)]
    counting = ledger().count(events, shard=counter_shard(shard))
    given_up = invalid + [
        (record, reason)
        for record, event in arrived
        if (reason := counting.rejected.get(key_of(event)))
    ]
    letters = [dead_letter(record, why, consumer="process_events") for record, why in given_up]
    failed = set(dead_letter_queue().put(letters)) if letters else set()
    failed |= {sequence_number(r) for r, event in arrived if key_of(event) in counting.uncounted}
    if letters or failed:
        logger().warning(
            "batch counted in part",
            shard_id=shard,
            counted=counting.counted,
            to_retry=len(failed),
            interrupted=counting.interrupted,
            dead_letters={each.sequence_number: each.reason for each in letters},
        )
    counts = {
        "EventsCounted": counting.counted,
        "EventsDuplicated": counting.duplicates,
        "EventsInvalid": len(letters),
        "EventsToRetry": len(failed),
    }
    emit(counts, oldest_age_ms=oldest_age_ms(records, now=time.time()))
    continue_traces(
        (event for _, event in arrived),
        Interval(started, time.time()),
        consumer="process_events",
        whole=not failed,
    )
    return failed
