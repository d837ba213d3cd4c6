"""A unit's exposure to its variation, put onto the stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from experiment_functions.evaluation_observation import logger
from experiment_functions.evaluation_request import InvalidRequest, read_covariate, read_event_id
from experiment_functions.evaluation_settings import event_stream, pseudonym_secret
from kindred.experiments.engine.attribute_values import unit_text
from kindred.experiments.engine.results import ExperimentResult
from kindred.experiments.events import Exposure, encode, new_event_id
from kindred.experiments.segments import segment_values
from kindred.experiments.unit_ids import LONGEST_UNIT
from kindred_aws.event_stream import Record
from kindred_aws.function_tracing import current_traceparent
from kindred_aws.pseudonym_secret import NoPseudonyms


@dataclass(frozen=True, slots=True)
class Asked:
    """`event_id` makes the exposure count once, however often the call is repeated."""

    event_id: str | None
    covariate: float | None


def read_exposure(event: Mapping[str, Any]) -> Asked | None:
    """None unless `track` is true. Raises InvalidRequest."""
    track = event.get("track", False)
    if not isinstance(track, bool):
        raise InvalidRequest("invalid_track", given=track, allowed="true or false")
    return Asked(read_event_id(event), read_covariate(event)) if track else None


def put_exposure(
    asked: Asked,
    result: ExperimentResult,
    *,
    began: datetime | None,
    segments: tuple[str, ...],
    attributes: Mapping[str, Any],
) -> dict[str, Any]:
    """`status` is accepted, retry (the stream did not take it: call again with this `event_id`)
    or refused, when no event can name the unit. `began` is the experiment's start."""
    unit_id = unit_text(result.hash_value)
    if len(unit_id) > LONGEST_UNIT or not _is_unicode(unit_id):
        allowed = f"{LONGEST_UNIT} whole characters"
        return {"event_id": None, "status": "refused", "allowed": allowed}
    event_id, now = asked.event_id or new_event_id(), datetime.now(UTC)
    try:
        pseudonyms = pseudonym_secret().current
    except NoPseudonyms as error:
        logger().warning("no pseudonyms for units", reason=str(error))
        return {"event_id": event_id, "status": "retry"}
    known_as = pseudonyms.of(unit_id, at=began) if began else pseudonyms.on_day(unit_id, at=now)
    exposure = Exposure(
        event_id=event_id,
        occurred_at=now,
        unit_id=known_as,
        traceparent=current_traceparent(),
        experiment_id=result.experiment_key,
        variation=result.key,
        segments=segment_values(segments, attributes),
        covariate=asked.covariate,
    )
    refused = event_stream().put([Record(known_as, encode(exposure))])
    return {"event_id": exposure.event_id, "status": "retry" if refused else "accepted"}


def _is_unicode(text: str) -> bool:
    return text.encode(errors="ignore").decode() == text
