"""What happens to units, as it travels on the stream: one JSON document an event."""

from __future__ import annotations

import re
import secrets
import time
from datetime import datetime
from functools import lru_cache
from typing import Annotated, ClassVar
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

KEY_PATTERN = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
# Beyond it no sum of squares fits into the 38 digits of a DynamoDB number.
LARGEST_VALUE = 1e9
_YEARS = range(2000, 2101)

EventId = Annotated[str, Meta(min_length=16, max_length=36)]
UnitId = Annotated[str, Meta(min_length=1, max_length=256)]
Key = Annotated[str, Meta(min_length=1, max_length=64)]
Text = Annotated[str, Meta(min_length=1, max_length=256)]
Value = Annotated[float, Meta(ge=-LARGEST_VALUE, le=LARGEST_VALUE)]
Instant = Annotated[datetime, Meta(tz=True)]
SegmentName = Annotated[str, Meta(min_length=1, max_length=64)]
SegmentValue = Annotated[str, Meta(max_length=64)]
Segments = Annotated[dict[SegmentName, SegmentValue], Meta(max_length=3)]
Cross = Annotated[tuple[Key, ...], Meta(max_length=8)]


class InvalidEvent(ValueError):
    """A record that will never be an event, and why."""


class _Happening(Struct, frozen=True, kw_only=True, gc=False, tag_field="type", tag=str.lower):
    event_id: EventId
    occurred_at: Instant
    unit_id: UnitId


class Exposure(_Happening, frozen=True, kw_only=True, gc=False):
    """The unit saw `variation`. `segments` split the results; `covariate` is known beforehand.

    `served` is what was shown in truth, where that is known: the event is not counted when it
    differs.
    """

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
    """A conversion of the metric `click`."""

    metric: ClassVar[str] = "click"
    value: ClassVar[float] = 1.0

    experiment_id: Key
    variation: Key | None = None
    cross: Cross = ()
    served: Key | None = None
    app_id: Text | None = None
    request_id: Text | None = None


class Prediction(_Happening, frozen=True, kw_only=True, gc=False):
    """What a model said of an app, and what came of it; no experiment counts it."""

    app_id: Text
    model_version: Text
    score: Value
    observed: Value | None = None
    experiment_id: Key | None = None


Event = Exposure | Conversion | Click | Prediction
Counted = Exposure | Conversion | Click
TYPES = ("exposure", "conversion", "click", "prediction")

_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
_encoder = msgspec.json.Encoder()


def decode(document: bytes) -> Event:
    """Raises InvalidEvent, with what was given and what is allowed."""
    try:
        event = _decoder.decode(document)
    except msgspec.ValidationError as error:
        raise InvalidEvent(_plain(str(error))) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidEvent(f"given no JSON document: {error}") from error
    if event.occurred_at.year not in _YEARS:
        raise InvalidEvent(
            f"occurred_at: given the year {event.occurred_at.year}, allowed 2000 to 2100"
        )
    if not isinstance(event, Prediction):
        _require_keys(event)
    return event


def encode(event: Event) -> bytes:
    return _encoder.encode(event)


def new_event_id() -> str:
    """A UUID of version 7 (RFC 9562): 48 bits of milliseconds, 74 random ones."""
    random = secrets.randbits(74)
    milliseconds = time.time_ns() // 1_000_000
    value = milliseconds << 80 | 7 << 76 | (random >> 62) << 64 | 0b10 << 62
    return str(UUID(int=value | random & (1 << 62) - 1))


def _require_keys(event: Counted) -> None:
    # The same few keys come again and again: looking them up costs a tenth of a match.
    keys = [event.experiment_id, event.variation, event.served]
    if not isinstance(event, Exposure):
        keys += (event.metric, *event.cross)
    for key in keys:
        if key is not None and not _is_key(key):
            raise InvalidEvent(
                f"given the key {key!r}, allowed a to z, 0 to 9, _ and -, at most 64 of them, "
                "and first a letter or digit"
            )


@lru_cache(maxsize=4096)
def _is_key(text: str) -> bool:
    return KEY_PATTERN.fullmatch(text) is not None


def _plain(message: str) -> str:
    """`Expected X, got Y - at `$.unit_id`` with the field in front."""
    reason, _, place = message.partition(" - at ")
    field = place.strip("`").removeprefix("$").removeprefix(".")
    if field == "type":
        reason += f", allowed {', '.join(TYPES)}"
    reason = reason[:1].lower() + reason[1:]
    return f"{field}: {reason}" if field else reason
