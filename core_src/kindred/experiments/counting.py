"""How events become counts: distinct units, in exact arithmetic, a portion at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from kindred.experiments.counts import ALL, EXPOSURES
from kindred.experiments.events import LARGEST_VALUE, Click, Conversion, Counted, Exposure
from kindred.experiments.unit_state import (
    MAX_METRICS,
    MAX_WAITING,
    UnitKey,
    UnitState,
    Waiting,
)

# Values have six decimals: whole millionths add up without an error, and so do their products.
MILLIONTHS = 1_000_000
_LARGEST_TOTAL = int(LARGEST_VALUE) * MILLIONTHS
# In the place of a variation: what was not counted, whose day nobody asks for.
QUALITY, ANY_DAY = "!", "-"


class Counter(NamedTuple):
    experiment_id: str
    variation: str
    metric: str
    day: str
    segment: str


@dataclass(slots=True)
class Increment:
    """What is added to one counter: totals in millionths, squares and products in their square."""

    units: int = 0
    total: int = 0
    squares: int = 0
    events: int = 0
    covariate_total: int = 0
    covariate_squares: int = 0
    covariate_product: int = 0
    products: dict[str, int] = field(default_factory=dict)


Increments = dict[Counter, Increment]


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """`events` that fit together, the states that their units get, and what the counters gain."""

    events: tuple[Counted, ...]
    states: Mapping[UnitKey, UnitState]
    increments: Mapping[Counter, Increment]


def unit_of(event: Counted) -> UnitKey:
    """Of an event that `is_counted`, whose experiment is therefore known."""
    return UnitKey(event.experiment_id or "", event.unit_id)


def count_portion(
    events: Sequence[Counted], states: Mapping[UnitKey, UnitState], *, max_items: int
) -> Portion:
    """Count the first of `events`: as many as touch at most `max_items` items.

    Every event has an item, as has every unit and every counter; one event alone touches at most
    88. A unit's events count in the order given, and none may be among them twice. A unit that
    has no entry in `states` was never seen; `states` themselves stay as they are.
    """
    changed: dict[UnitKey, UnitState] = {}
    increments: Increments = {}
    taken = 0
    for event in events:
        unit = unit_of(event)
        state = changed.get(unit)
        fresh = state is None
        if state is None:
            state = known.copy() if (known := states.get(unit)) else UnitState()
        items = taken + len(changed) + len(increments)
        if items + 1 + fresh + _most_counters(event, state) > max_items and taken:
            break
        changed[unit] = state
        _count(event, state, increments)
        taken += 1
    for state in changed.values():
        state.revision += 1
    return Portion(events=tuple(events[:taken]), states=changed, increments=increments)


def _most_counters(event: Counted, state: UnitState) -> int:
    if not isinstance(event, Exposure):
        return 2 + len(state.segments)
    if state.variation is not None:
        return 2 + len(state.segments)
    metrics = len({waiting.metric for waiting in state.waiting})
    return 2 + (1 + len(event.segments)) * (1 + metrics)


def _count(event: Counted, state: UnitState, increments: Increments) -> None:
    if event.served is not None and event.variation not in (None, event.served):
        quality = _quality(event, "mismatched", increments)
        quality.events += 1
        quality.units += not state.mismatched
        state.mismatched = True
        return
    if isinstance(event, Exposure):
        _count_exposure(event, state, increments)
    elif state.variation is None:
        _wait(event, state, increments)
    else:
        _note_crossing(event, state, increments)
        if event.occurred_at.timestamp() < state.exposed_at:
            _quality(event, "unexposed", increments).events += 1
        else:
            value = millionths(event.value)
            _count_value(event, event.metric, value, event.cross, state, increments)


def _count_exposure(event: Exposure, state: UnitState, increments: Increments) -> None:
    first = state.variation is None
    if first:
        state.variation = event.variation
        state.exposed_at = event.occurred_at.timestamp()
        state.day = day_of(event.occurred_at)
        state.segments = tuple(f"{name}={value}" for name, value in event.segments.items())
        state.covariate = None if event.covariate is None else millionths(event.covariate)
    else:
        _note_crossing(event, state, increments)
    covariate = state.covariate or 0
    for segment in (ALL, *state.segments):
        increment = _of(event, state, EXPOSURES, segment, increments)
        increment.events += 1
        if first:
            increment.units += 1
            increment.covariate_total += covariate
            increment.covariate_squares += covariate * covariate
    if state.waiting and first:
        _count_waiting(event, state, increments)


def _count_waiting(event: Exposure, state: UnitState, increments: Increments) -> None:
    for waiting in state.waiting:
        if waiting.occurred_at >= state.exposed_at:
            _quality(event, "unexposed", increments).events -= 1
            _count_value(event, waiting.metric, waiting.value, waiting.cross, state, increments)
    state.waiting = ()


def _wait(event: Conversion | Click, state: UnitState, increments: Increments) -> None:
    _quality(event, "unexposed", increments).events += 1
    if len(state.waiting) < MAX_WAITING:
        value = millionths(event.value)
        waiting = Waiting(event.occurred_at.timestamp(), event.metric, value, event.cross)
        state.waiting = (*state.waiting, waiting)


def _count_value(
    event: Counted,
    metric: str,
    value: int,
    cross: Sequence[str],
    state: UnitState,
    increments: Increments,
) -> None:
    old = state.totals.get(metric, 0)
    new = old + value
    first = metric not in state.totals
    if abs(new) > _LARGEST_TOTAL or (first and len(state.totals) >= MAX_METRICS):
        _quality(event, "refused", increments).events += 1
        return
    state.totals[metric] = new
    products = [
        (other, value * state.totals[other])
        for other in cross
        if other != metric and other in state.totals
    ]
    for segment in (ALL, *state.segments):
        increment = _of(event, state, metric, segment, increments)
        increment.units += first
        increment.events += 1
        increment.total += value
        increment.squares += new * new - old * old
        if state.covariate is not None:
            increment.covariate_product += state.covariate * value
        for other, product in products:
            increment.products[other] = increment.products.get(other, 0) + product


def _note_crossing(event: Counted, state: UnitState, increments: Increments) -> None:
    if not state.crossed and event.variation not in (None, state.variation):
        state.crossed = True
        _quality(event, "crossed", increments).units += 1


def _of(
    event: Counted, state: UnitState, metric: str, segment: str, increments: Increments
) -> Increment:
    counter = Counter(
        unit_of(event).experiment_id, state.variation or "", metric, state.day, segment
    )
    increment = increments.get(counter)
    if increment is None:
        increment = increments[counter] = Increment()
    return increment


def _quality(event: Counted, name: str, increments: Increments) -> Increment:
    counter = Counter(unit_of(event).experiment_id, QUALITY, name, ANY_DAY, ALL)
    return increments.setdefault(counter, Increment())


def millionths(value: float) -> int:
    return round(value * MILLIONTHS)


def day_of(instant: datetime) -> str:
    """The date in UTC, as ISO 8601."""
    return instant.astimezone(UTC).date().isoformat()
