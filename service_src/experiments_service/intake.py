"""Which events an experiment takes, and what they lack before they may be counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from kindred.experiments.definitions import Experiment, ExperimentStatus
from kindred.experiments.events import Event, Exposure, Prediction
from kindred.privacy.pseudonyms import Pseudonyms

# Events may come late: an experiment that has ended still takes what happened before.
_TAKING = (ExperimentStatus.RUNNING, ExperimentStatus.PAUSED, ExperimentStatus.COMPLETED)


class RejectedEvent(ValueError):
    """An event that no experiment takes; sending it again changes nothing."""


class UnknownExperiment(RejectedEvent):
    """No experiment has the key that the event names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """`cross` maps each metric that is tracked to those whose product with it a ratio needs."""

    status: ExperimentStatus
    began: datetime | None
    taking: bool
    variations: frozenset[str]
    cross: Mapping[str, tuple[str, ...]]
    segments: frozenset[str]


def intake_of(experiment: Experiment) -> Intake:
    pairs = [
        (metric.numerator, metric.denominator)
        for metric in experiment.metrics
        if metric.kind == "ratio" and metric.numerator and metric.denominator
    ]
    tracked = [metric.key for metric in experiment.metrics if metric.kind != "ratio"]
    return Intake(
        status=experiment.status,
        began=experiment.starts_at,
        taking=experiment.status in _TAKING,
        variations=frozenset(variation.key for variation in experiment.variations),
        cross={
            key: tuple(
                sorted({b for a, b in pairs if a == key} | {a for a, b in pairs if b == key})
            )
            for key in tracked
        },
        segments=frozenset(experiment.segments),
    )


def admit(event: Event, intakes: Mapping[str, Intake]) -> Event:
    """The event as it goes onto the stream. Raises RejectedEvent."""
    if event.experiment_id is None:
        return event
    intake = intakes.get(event.experiment_id)
    if intake is None:
        raise UnknownExperiment(
            f"experiment_id: given {event.experiment_id!r}, which no experiment has"
        )
    if not intake.taking:
        raise RejectedEvent(
            f"experiment_id: {event.experiment_id!r} is {intake.status}; events are taken while "
            f"it is {', '.join(_TAKING)}"
        )
    if isinstance(event, Prediction):
        return event
    for field, given in (("variation", event.variation), ("served", event.served)):
        if given is not None and given not in intake.variations:
            raise _unknown(field, given, intake.variations)
    if isinstance(event, Exposure):
        if event.segments.keys() <= intake.segments:
            return event
        kept = {name: value for name, value in event.segments.items() if name in intake.segments}
        return replace(event, segments=kept)
    cross = intake.cross.get(event.metric)
    if cross is None:
        raise _unknown("metric", event.metric, intake.cross)
    return event if event.cross == cross else replace(event, cross=cross)


def known_as(event: Event, intakes: Mapping[str, Intake], pseudonyms: Pseudonyms) -> str:
    """The unit to its experiment as of its start, so that it stays one; else as of the day."""
    intake = intakes.get(event.experiment_id or "")
    if intake and intake.began:
        return pseudonyms.of(event.unit_id, at=intake.began)
    return pseudonyms.on_day(event.unit_id, at=event.occurred_at)


def _unknown(field: str, given: str, allowed: Mapping[str, object] | frozenset[str]) -> Exception:
    return RejectedEvent(f"{field}: given {given!r}, allowed {', '.join(sorted(allowed))}")
