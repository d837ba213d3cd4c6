"""What happens to units, as it travels on the stream: one JSON document an event."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Annotated, ClassVar, NamedTuple, TypeGuard, cast
from uuid import UUID

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from kindred.experiments.unit_ids import LONGEST_UNIT

KEY_PATTERN = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
# Beyond it no sum of squares fits into the 38 digits of a DynamoDB number.
LARGEST_VALUE = 1e9

EventId = Annotated[str, Meta(min_length=16, max_length=36)]
UnitId = Annotated[str, Meta(min_length=1, max_length=LONGEST_UNIT)]
Key = Annotated[str, Meta(min_length=1, max_length=64)]
Text = Annotated[str, Meta(min_length=1, max_length=256)]
Value = Annotated[float, Meta(ge=-LARGEST_VALUE, le=LARGEST_VALUE)]
Instant = Annotated[datetime, Meta(tz=True)]
SegmentName = Annotated[str, Meta(min_length=1, max_length=64)]
SegmentValue = Annotated[str, Meta(max_length=64)]
Segments = Annotated[dict[SegmentName, SegmentValue], Meta(max_length=3)]
Cross = Annotated[tuple[Key, ...], Meta(max_length=8)]
Neighbors = Annotated[tuple[Text, ...], Meta(max_length=100)]
Query = Annotated[str, Meta(max_length=20_000)]


class InvalidEvent(ValueError):
    """A record that will never be an event, and why."""


class _Happening(Struct, frozen=True, kw_only=True, gc=False, tag_field="type", tag=str.lower):
    """`traceparent` names the request that told of it; only who puts it on the stream sets it."""

    event_id: EventId
    occurred_at: Instant
    unit_id: UnitId
    traceparent: Text | None = None


class Exposure(_Happening, frozen=True, kw_only=True, gc=False):
    """The unit saw `variation`. `segments` split the results; `covariate` is known beforehand.

    `served` is what was shown in truth, where that is known: the event is not counted when it
    differs.
    """

    metric: ClassVar[None] = None
    cross: ClassVar[tuple[str, ...]] = ()

    experiment_id: Key
    variation: Key
    segments: Segments = {}
    covariate: Value | None = None
    served: Key | None = None


class Conversion(_Happening, frozen=True, kw_only=True, gc=False):
    """`value` is added to the unit's total of `metric`.

    `cross` names the metrics whose unit totals are multiplied with this one's, for ratios.
    """

    experiment_id: Key
    metric: Key
    value: Value = 1.0
    variation: Key | None = None
    cross: Cross = ()
    served: Key | None = None


class Click(_Happening, frozen=True, kw_only=True, gc=False):
    """A conversion of the metric `click`; without an experiment it is kept, and counted nowhere.

    On a recommendation `app_id` is the neighbour that was clicked, and `request_id` the answer's
    that it stood in.
    """

    metric: ClassVar[str] = "click"
    value: ClassVar[float] = 1.0

    experiment_id: Key | None = None
    variation: Key | None = None
    cross: Cross = ()
    served: Key | None = None
    app_id: Text | None = None
    request_id: Text | None = None

    def __post_init__(self) -> None:
        if self.experiment_id is None and self.request_id is None:
            raise ValueError("experiment_id: required, unless request_id says what was answered")


class Prediction(_Happening, frozen=True, kw_only=True, gc=False):
    """What a model said of an app, and what came of it; no experiment counts it.

    `score` and `observed` are a predicted performance and what was seen. A recommendation has
    `neighbors` instead, nearest first, and `query`, the described app as a JSON document.
    """

    metric: ClassVar[None] = None
    variation: ClassVar[None] = None
    served: ClassVar[None] = None
    cross: ClassVar[tuple[str, ...]] = ()

    app_id: Text
    model_version: Text
    score: Value | None = None
    observed: Value | None = None
    request_id: Text | None = None
    neighbors: Neighbors = ()
    query: Query | None = None
    experiment_id: Key | None = None


Event = Exposure | Conversion | Click | Prediction
Counted = Exposure | Conversion | Click
TYPES = ("exposure", "conversion", "click", "prediction")


class EventKey(NamedTuple):
    """What makes an event count once: two experiments may be told of one happening by one id."""

    experiment_id: str | None
    event_id: str


_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
_encoder = msgspec.json.Encoder()
_keys_of = attrgetter("cross", "experiment_id", "variation", "served", "metric")
_NO_JSON = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def decode(document: bytes) -> Event:
    """Raises InvalidEvent, with what was given and what is allowed."""
    try:
        event = _decoder.decode(document)
    except msgspec.ValidationError as error:
        raise InvalidEvent(_plain(str(error))) from error
    except _NO_JSON as error:
        raise InvalidEvent(f"given no JSON document: {error}") from error
    _require_year(event.occurred_at.year)
    _require_keys(*_keys_of(event))
    return event


def decode_all(records: Sequence[str]) -> list[Event | InvalidEvent]:
    """A batch of documents in base64; in the place of one that is no event, why.

    What events have in common is looked at once: a third of the time that each by itself takes.
    """
    try:
        documents = msgspec.convert(records, list[bytes])
        events: list[Event | InvalidEvent] = list(map(_decoder.decode, documents))
        for year in {event.occurred_at.year for event in cast("list[Event]", events)}:
            _require_year(year)
        for keys in set(map(_keys_of, events)):
            _require_keys(*keys)
    except (InvalidEvent, *_NO_JSON):
        return [_decoded(record) for record in records]
    return events


def _decoded(record: str) -> Event | InvalidEvent:
    try:
        return decode(msgspec.convert(record, bytes))
    except InvalidEvent as error:
        return error
    except msgspec.ValidationError as error:
        return InvalidEvent(f"given no base64: {error}")


def encode(event: Event) -> bytes:
    return _encoder.encode(event)


def traced(event: Event, traceparent: str | None) -> Event:
    """The event as part of this trace, or of none, whatever its sender said."""
    return event if event.traceparent == traceparent else replace(event, traceparent=traceparent)


def is_counted(event: Event) -> TypeGuard[Counted]:
    """Whether the event belongs to an experiment that counts it."""
    return event.experiment_id is not None and type(event) is not Prediction


def key_of(event: Event) -> EventKey:
    return EventKey(event.experiment_id, event.event_id)


def new_event_id() -> str:
    """A UUID of version 7 (RFC 9562): 48 bits of milliseconds, 74 random ones."""
    random = secrets.randbits(74)
    milliseconds = time.time_ns() // 1_000_000
    value = milliseconds << 80 | 7 << 76 | (random >> 62) << 64 | 0b10 << 62
    return str(UUID(int=value | random & (1 << 62) - 1))


def _require_year(year: int) -> None:
    # Nearer to the ends of time a date cannot be moved to another zone.
    if not 2000 <= year <= 2100:
        raise InvalidEvent(f"occurred_at: given the year {year}, allowed 2000 to 2100")


@lru_cache(maxsize=4096)
def _require_keys(cross: Sequence[str], *keys: str | None) -> None:
    """The same few come together again and again; an exception is not remembered."""
    for key in (*keys, *cross):
        if key is not None and KEY_PATTERN.fullmatch(key) is None:
            raise InvalidEvent(
                f"given the key {key!r}, allowed a to z, 0 to 9, _ and -, at most 64 of them, "
                "and first a letter or digit"
            )


def _plain(message: str) -> str:
    """`Expected X, got Y - at `$.unit_id`` with the field in front."""
    reason, _, place = message.partition(" - at ")
    field = place.strip("`").removeprefix("$").removeprefix(".")
    if field == "type":
        reason += f", allowed {', '.join(TYPES)}"
    reason = reason[:1].lower() + reason[1:]
    return f"{field}: {reason}" if field else reason
