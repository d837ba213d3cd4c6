"""Takes what was recommended, predicted and clicked to the event stream, off the request path.

What models learn from later. Unlike an outcome, which is counted, one that is lost here costs a
training example: the buffer gives the oldest away rather than refuse a request.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from aws_lambda_powertools import Logger
from msgspec.structs import replace

from kindred.experiments.events import (
    Click,
    Event,
    InvalidEvent,
    Prediction,
    decode,
    encode,
    traced,
)
from kindred.experiments.unit_ids import LONGEST_UNIT
from kindred.privacy.pseudonyms import Pseudonyms
from kindred.similarity.app import AppMetadata
from kindred_aws.event_stream import RECORDS_PER_CALL, EventStream, Record
from kindred_aws.pseudonym_secret import NoPseudonyms, PseudonymSecret
from kindred_service.tracing import current_traceparent

_EVENTS_KEPT = 10_000
_DESCRIPTION_CHARACTERS = 2_000


class Interactions:
    """`add` only appends; `flush` sends, and keeps what the stream refuses."""

    def __init__(
        self,
        stream: EventStream,
        *,
        pseudonyms: PseudonymSecret,
        logger: Logger,
        count_dropped: Callable[[str], None],
    ) -> None:
        self._stream = stream
        self._pseudonyms = pseudonyms
        self._logger = logger
        self._count_dropped = count_dropped
        self._waiting: deque[Event] = deque()
        self._lock = threading.Lock()

    def add(self, event: Event) -> None:
        event = traced(event, current_traceparent())
        with self._lock:
            if len(self._waiting) >= _EVENTS_KEPT:
                self._waiting.popleft()
                self._count_dropped("interaction")
            self._waiting.append(event)

    def flush(self) -> bool:
        """Whether nothing waits any more."""
        try:
            pseudonyms = self._pseudonyms.current
        except NoPseudonyms as error:
            self._logger.warning("not sent yet", reasons=[str(error)])
            return False
        while events := self._next():
            readable = [
                (event, record) for event in events if (record := self._record(event, pseudonyms))
            ]
            refused = self._stream.put([record for _, record in readable]) if readable else {}
            if refused:
                with self._lock:
                    self._waiting.extendleft(
                        readable[at][0] for at in sorted(refused, reverse=True)
                    )
                self._logger.warning("not sent yet", reasons=sorted(set(refused.values())))
                return False
        return True

    def _record(self, event: Event, pseudonyms: Pseudonyms) -> Record | None:
        unit_id = pseudonyms.on_day(event.unit_id, at=event.occurred_at)
        event = replace(event, unit_id=unit_id)
        document = encode(event)
        try:
            decode(document)
        except InvalidEvent as error:
            # What the wire allows and the stream does not would only lie in the dead letters.
            self._logger.warning("interaction not kept", reason=str(error))
            self._count_dropped("interaction")
            return None
        return Record(event.unit_id, document)

    def _next(self) -> Sequence[Event]:
        with self._lock:
            count = min(RECORDS_PER_CALL, len(self._waiting))
            return [self._waiting.popleft() for _ in range(count)]


def recommendation(
    *,
    request_id: str,
    partner_id: str,
    app_id: str,
    metadata: AppMetadata,
    model_version: str,
    neighbors: Sequence[str],
) -> Prediction:
    """What was shown for an app, nearest first. The request's id is the event's."""
    described = asdict(metadata)
    described["description"] = metadata.description[:_DESCRIPTION_CHARACTERS]
    return Prediction(
        event_id=request_id,
        occurred_at=datetime.now(UTC),
        unit_id=unit_id(partner_id, app_id),
        app_id=app_id,
        model_version=model_version,
        request_id=request_id,
        neighbors=tuple(neighbors),
        query=json.dumps(described, ensure_ascii=False),
    )


def neighbor_click(
    *, event_id: str, partner_id: str, app_id: str, request_id: str, clicked_app_id: str
) -> Click:
    return Click(
        event_id=event_id,
        occurred_at=datetime.now(UTC),
        unit_id=unit_id(partner_id, app_id),
        request_id=request_id,
        app_id=clicked_app_id,
    )


def predicted_performance(
    *,
    event_id: str,
    partner_id: str,
    app_id: str,
    model_version: str,
    score: float,
    request_id: str | None = None,
    observed: float | None = None,
) -> Prediction:
    return Prediction(
        event_id=event_id,
        occurred_at=datetime.now(UTC),
        unit_id=unit_id(partner_id, app_id),
        app_id=app_id,
        model_version=model_version,
        score=score,
        observed=observed,
        request_id=request_id,
    )


def unit_id(partner_id: str, app_id: str) -> str:
    """Cut by a character at the most: the wire allows 128 of each."""
    return f"{partner_id}:{app_id}"[:LONGEST_UNIT]
