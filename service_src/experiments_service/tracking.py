"""Events on their way to the stream: each checked, put there together, its fate reported."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from anyio import CapacityLimiter, to_thread
from msgspec import Meta, Raw, Struct
from msgspec.structs import replace

from experiments_service.collaborators import ExperimentCollaborators
from experiments_service.intake import Intake, RejectedEvent, admit, known_as
from kindred.experiments.events import Event, InvalidEvent, decode, encode
from kindred.privacy.pseudonyms import Pseudonyms
from kindred_aws.event_stream import Record
from kindred_aws.pseudonym_secret import NoPseudonyms
from kindred_service.tracing import current_traceparent

LARGEST_BATCH = 500
# Of threads of their own: a stream that is slow must not hold up publication, which uses others.
_PUTS_AT_ONCE = CapacityLimiter(40)


class Fate(Struct, frozen=True, omit_defaults=True):
    """What became of one event. Only `retry` is worth sending again."""

    status: Literal["accepted", "rejected", "retry"]
    event_id: str | None = None
    reason: str | None = None


class Batch(Struct, frozen=True):
    events: Annotated[list[Raw], Meta(min_length=1, max_length=LARGEST_BATCH)]


class _AnyBatch(Struct, frozen=True):
    events: Annotated[list[Any], Meta(min_length=1, max_length=LARGEST_BATCH)]


class _Named(Struct, frozen=True):
    event_id: str | None = None


def read_batch(body: bytes) -> Batch:
    """Raises msgspec.DecodeError, ValueError or RecursionError for what is no batch.

    An event that only a lenient reader takes, with half a character or a number beyond all
    numbers in it, stays one event that is rejected: its neighbours are not lost with it.
    """
    try:
        return msgspec.json.decode(body, type=Batch)
    except msgspec.ValidationError:
        raise
    except (msgspec.DecodeError, UnicodeDecodeError):
        given = msgspec.convert(json.loads(body), type=_AnyBatch)
        return Batch(events=[Raw(json.dumps(event).encode()) for event in given.events])


async def put_documents(
    documents: Sequence[Raw],
    intakes: Mapping[str, Intake],
    collaborators: ExperimentCollaborators,
) -> list[Fate]:
    """One fate a document, in their order."""
    fates: list[Fate] = []
    events: dict[int, Event] = {}
    for at, document in enumerate(documents):
        try:
            event = admit(decode(bytes(document)), intakes)
        except (InvalidEvent, RejectedEvent) as error:
            fates.append(Fate("rejected", _event_id(document), str(error)))
        else:
            events[at] = event
            fates.append(Fate("accepted", event.event_id))
    refused = await put_events(list(events.values()), intakes, collaborators)
    for at, event in events.items():
        if event.event_id in refused:
            fates[at] = Fate("retry", event.event_id, "the event stream did not take it")
    for status, count in Counter(fate.status for fate in fates).items():
        collaborators.metrics.count(f"events_{status}", count)
    return fates


async def put_events(
    events: Sequence[Event],
    intakes: Mapping[str, Intake],
    collaborators: ExperimentCollaborators,
) -> frozenset[str]:
    """Ids of the events that are not on the stream."""
    if not events:
        return frozenset()
    here = current_traceparent()

    def put() -> tuple[Mapping[int, str], float]:
        # A reading of the secret, every few minutes, waits for AWS as the stream does.
        pseudonyms = collaborators.pseudonyms.current
        records = [_record(event, intakes, pseudonyms, here) for event in events]
        started = time.perf_counter()
        refused = collaborators.event_stream.put(records)
        return refused, (time.perf_counter() - started) * 1_000

    try:
        refused, elapsed_ms = await to_thread.run_sync(put, limiter=_PUTS_AT_ONCE)
    except NoPseudonyms as error:
        collaborators.logger.warning("no pseudonyms for units", reason=str(error))
        return frozenset(event.event_id for event in events)
    collaborators.metrics.observe_latency("event_stream_put_latency", elapsed_ms)
    if refused:
        collaborators.logger.warning(
            "events not taken by the stream",
            refused=len(refused),
            given=len(events),
            codes=sorted(set(refused.values())),
        )
    return frozenset(events[at].event_id for at in refused)


def _record(
    event: Event, intakes: Mapping[str, Intake], pseudonyms: Pseudonyms, here: str | None
) -> Record:
    """Under the unit's pseudonym, and part of the trace `here`, whatever its sender said."""
    unit_id = known_as(event, intakes, pseudonyms)
    return Record(unit_id, encode(replace(event, unit_id=unit_id, traceparent=here)))


def _event_id(document: Raw) -> str | None:
    """Of an event that could not be read whole, so that its sender can tell which it was."""
    try:
        return msgspec.json.decode(document, type=_Named).event_id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
