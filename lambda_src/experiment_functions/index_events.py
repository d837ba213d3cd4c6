"""Indexes the stream's events into OpenSearch, so that people can look at single ones.

It reads the stream on its own: while OpenSearch is down Lambda tries again until the stream forgets
the records, and counting goes on.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

from experiment_functions.stream_observation import emit, logger
from experiment_functions.stream_records import (
    dead_letter,
    oldest_age_ms,
    read,
    retry_from,
    sequence_number,
)
from experiment_functions.stream_settings import dead_letter_queue, search_index
from experiment_functions.stream_tracing import continue_traces
from kindred.experiments.events import Event, key_of
from kindred.tracing.segments import Interval
from kindred_aws.search_index import Indexing, SearchUnavailable


def handler(event: Mapping[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    started = time.time()
    # Records that are no events are put aside by the function that counts.
    arrived, _ = read(event["Records"])
    indexing = _index([event for _, event in arrived])
    failed = {sequence_number(r) for r, event in arrived if key_of(event) in indexing.retried}
    # From the first of them on all comes again, for days if need be: a letter each time is a flood.
    done = takewhile(lambda pair: sequence_number(pair[0]) not in failed, arrived)
    letters = [
        dead_letter(record, reason, consumer="index_events")
        for record, event in done
        if (reason := indexing.rejected.get(key_of(event)))
    ]
    failed |= dead_letter_queue().put(letters) if letters else set()
    if letters:
        reasons = {letter.sequence_number: letter.reason for letter in letters}
        logger().warning("documents rejected", dead_letters=reasons)
    counts = {
        "EventsIndexed": len(arrived) - len(letters) - len(failed),
        "EventsRejected": len(letters),
        "EventsToRetry": len(failed),
    }
    emit(counts, oldest_age_ms=oldest_age_ms(event["Records"], now=time.time()))
    continue_traces(
        (event for _, event in arrived),
        Interval(started, time.time()),
        consumer="index_events",
        whole=not failed,
    )
    return retry_from(failed)


def _index(events: Sequence[Event]) -> Indexing:
    try:
        return search_index().put(events)
    except SearchUnavailable as error:
        logger().warning("nothing indexed", reason=str(error), to_retry=len(events))
        return Indexing(retried=frozenset(map(key_of, events)))
