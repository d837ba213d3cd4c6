"""What is remembered of one unit in one experiment, so that units are counted and not events."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import NamedTuple

# A unit of a real experiment stays far below; together they keep its item under 20 KB.
MAX_METRICS = 50
MAX_WAITING = 20


class UnitKey(NamedTuple):
    experiment_id: str
    unit_id: str


class Waiting(NamedTuple):
    """A conversion that came before its unit's exposure. `value` is in millionths."""

    occurred_at: float
    metric: str
    value: int
    cross: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class UnitState:
    """`variation`, `day` and `segments` (`name=value`) are those of the first exposure.

    `revision` counts the writes; 0 is a unit never seen. `exposed_at` is in epoch seconds,
    `covariate` and `totals`, by metric, in millionths.
    """

    revision: int = 0
    variation: str | None = None
    exposed_at: float = 0.0
    day: str = ""
    segments: tuple[str, ...] = ()
    covariate: int | None = None
    totals: dict[str, int] = field(default_factory=dict)
    waiting: tuple[Waiting, ...] = ()
    crossed: bool = False
    mismatched: bool = False

    def copy(self) -> UnitState:
        return UnitState(
            revision=self.revision,
            variation=self.variation,
            exposed_at=self.exposed_at,
            day=self.day,
            segments=self.segments,
            covariate=self.covariate,
            totals=dict(self.totals),
            waiting=self.waiting,
            crossed=self.crossed,
            mismatched=self.mismatched,
        )


def to_json(state: UnitState) -> str:
    """All but the revision, which stands beside it for conditions to see."""
    return _encode(
        [
            state.variation,
            state.exposed_at,
            state.day,
            state.segments,
            state.covariate,
            state.totals,
            state.waiting,
            int(state.crossed),
            int(state.mismatched),
        ]
    )


def from_json(document: str, *, revision: int) -> UnitState:
    variation, exposed_at, day, segments, covariate, totals, waiting, crossed, mismatched = (
        json.loads(document)
    )
    return UnitState(
        revision=revision,
        variation=variation,
        exposed_at=exposed_at,
        day=day,
        segments=tuple(segments),
        covariate=covariate,
        totals=totals,
        waiting=tuple(
            Waiting(at, metric, value, tuple(cross)) for at, metric, value, cross in waiting
        ),
        crossed=bool(crossed),
        mismatched=bool(mismatched),
    )


_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, check_circular=False).encode
