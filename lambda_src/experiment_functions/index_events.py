"""Indexes the stream's events into OpenSearch, so that people can look at single ones.

It reads the stream on its own: while OpenSearch is down Lambda tries again until the stream forgets
the records, and counting goes on.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from experiment_functions.stream_observation import emit, logger
from experiment_functions.stream_records import (
    Arrived,
    dead_letter,
    oldest_age_ms,
    read,
    retry_from,
)
from experiment_functions.stream_settings import dead_letter_queue, search_index
from kindred_aws.search_index import Indexing, SearchUnavailable


def handler(event: Mapping[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    # Records that are no events are put aside by the function that counts.
    arrived, _ = read(event["Records"])
    indexing = _index(arrived)
    letters = [
        dead_letter(each.record, reason, consumer="index_events")
        for each in arrived
        if (reason := indexing.rejected.get(each.event.event_id))
    ]
    failed = set(dead_letter_queue().put(letters)) if letters else set()
    failed |= {e.sequence_number for e in arrived if e.event.event_id in indexing.retried}
    if letters:
        reasons = {letter.sequence_number: letter.reason for letter in letters}
        logger().warning("documents rejected", dead_letters=reasons)
    counts = {
        "EventsIndexed": len(arrived) - len(letters) - len(failed),
        "EventsRejected": len(letters),
        "EventsToRetry": len(failed),
    }
    emit(counts, oldest_age_ms=oldest_age_ms(event["Records"], now=time.time()))
    return retry_from(failed)


def _index(arrived: Sequence[Arrived]) -> Indexing:
    events = [each.event for each in arrived]
    try:
        return search_index().put(events)
    except SearchUnavailable as error:
        logger().warning("nothing indexed", reason=str(error), to_retry=len(events))
        return Indexing(retried=frozenset(event.event_id for event in events))
