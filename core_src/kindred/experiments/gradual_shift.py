"""Takes an experiment's traffic to its winner step by step, and back when the winner does worse.

The requirements say: shift in 10 % increments, monitor for regressions, after 3 days of stability
promote to 100 %. We read it so: every day without a regression adds a tenth of all traffic until
the winner has nine tenths; the last tenth stays with the other arm, so that there is something to
compare with, for three stable days; then the winner gets everything and the experiment is over.
A day without data neither moves anything nor counts as stable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, cast, get_args

from kindred.experiments.bucketing import Arm
from kindred.experiments.daily_metrics import DailyMetrics
from kindred.experiments.decision_words import percent
from kindred.experiments.decisions import Decision
from kindred.experiments.regressions import regressions

STABLE_DAYS = 3


@dataclass(frozen=True, slots=True)
class Ladder:
    """How traffic climbs to a winner: `step` more every day up to `top`, where it is watched.

    Both are shares of all traffic. Nobody wins before `least_days` were seen.
    """

    step: float
    top: float
    least_days: int = 0


LadderName = Literal["tenths", "halves"]
LADDERS: Mapping[LadderName, Ladder] = {
    "tenths": Ladder(step=0.10, top=0.90),
    # A retrained model: a tenth of the traffic for 48 hours, then half and half, then everything.
    "halves": Ladder(step=0.40, top=0.50, least_days=2),
}

# While deciding it is the decision's outcome; `no_data` waits, wherever the shift stands.
Stage = Literal[
    "keep_running",
    "no_winner",
    "blocked",
    "no_data",
    "shifting",
    "watching",
    "promoted",
    "rolled_back",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """How far an experiment is on the way to its winner; weights are shares in [0, 1].

    `arms` are control and treatment; `before` is the control's weight at the start, to which a
    rollback returns. Metrics count from `since` on, or from the first. `day` is the last that was
    acted on; `reason` says why the shift stands as it does.
    """

    stage: Stage = "keep_running"
    control_weight: float
    arms: tuple[Arm, Arm] = ("v1", "v2")
    winner: Arm | None = None
    before: float | None = None
    since: date | None = None
    stable_days: int = 0
    day: date | None = None
    reason: str = ""

    @property
    def winner_weight(self) -> float:
        control, _ = self.arms
        return self.control_weight if self.winner == control else 1 - self.control_weight

    def with_winner_at(self, share: float) -> Shift:
        control, _ = self.arms
        return replace(
            self, control_weight=share if self.winner == control else round(1 - share, 2)
        )

    @property
    def is_over(self) -> bool:
        return self.stage in ("promoted", "rolled_back")


def advance(
    shift: Shift,
    *,
    day: date,
    rows: Mapping[Arm, DailyMetrics],
    decision: Decision | None,
    ladder: Ladder = LADDERS["tenths"],
) -> Shift:
    """The shift after the run of `day`, which saw `rows`, the metrics of the day before.

    The same shift where this day was acted on already, or nothing is left to do. `decision` is
    needed until there is a winner.
    """
    if shift.is_over or (shift.day is not None and day <= shift.day):
        return shift
    today = replace(shift, day=day)
    if shift.since is not None and day <= shift.since:
        return replace(today, stage="keep_running", reason=f"metrics count from {shift.since} on")
    missing = [arm for arm in shift.arms if arm not in rows or rows[arm].is_missing]
    if missing:
        return replace(today, stage="no_data", reason=_missing_words(missing))
    if shift.winner is None:
        return _begin(today, decision, ladder)
    [other] = set(shift.arms) - {shift.winner}
    if worse := regressions(rows[shift.winner], rows[other]):
        return _roll_back(today, worse)
    return _go_on(today, ladder)


def has_news(before: Shift | None, after: Shift) -> bool:
    """Whether somebody should be told: of each state once, not of every day."""
    if before is None:
        return True
    return (before.stage, before.control_weight) != (after.stage, after.control_weight)


def parse_stage(given: str) -> Stage:
    if given not in get_args(Stage):
        raise ValueError(f"shift stage: given {given!r}, allowed {', '.join(get_args(Stage))}")
    return cast(Stage, given)


def _begin(shift: Shift, decision: Decision | None, ladder: Ladder) -> Shift:
    if decision is None:
        raise ValueError("without a winner a decision is needed")
    reason = "; ".join((*decision.reasons, *decision.warnings))
    if decision.winner is None:
        return replace(shift, stage=parse_stage(decision.outcome), reason=reason)
    chosen = replace(shift, winner=decision.winner, before=shift.control_weight)
    return _step(chosen, ladder, f"winner {decision.winner}: {reason}")


def _go_on(shift: Shift, ladder: Ladder) -> Shift:
    if shift.winner_weight < ladder.top - 1e-9:
        return _step(shift, ladder, "no regression since the last step")
    stable = shift.stable_days + 1
    if stable < STABLE_DAYS:
        return replace(
            shift,
            stage="watching",
            stable_days=stable,
            reason=f"stable for {stable} of {STABLE_DAYS} days at {percent(shift.winner_weight)}",
        )
    return replace(
        shift.with_winner_at(1.0),
        stage="promoted",
        stable_days=stable,
        reason=f"stable for {STABLE_DAYS} days at {percent(shift.winner_weight)}: "
        f"{shift.winner} now gets everything",
    )


def _step(shift: Shift, ladder: Ladder, why: str) -> Shift:
    share = round(max(shift.winner_weight, min(shift.winner_weight + ladder.step, ladder.top)), 2)
    return replace(
        shift.with_winner_at(share),
        stage="watching" if share >= ladder.top else "shifting",
        reason=f"{why}; {shift.winner} now gets {percent(share)}",
    )


def _roll_back(shift: Shift, worse: tuple[str, ...]) -> Shift:
    before = shift.control_weight if shift.before is None else shift.before
    control, _ = shift.arms
    return replace(
        shift,
        stage="rolled_back",
        control_weight=before,
        stable_days=0,
        reason=(
            f"{shift.winner} did worse: {'; '.join(worse)}; back to {percent(before)} for {control}"
        ),
    )


def _missing_words(missing: Sequence[str]) -> str:
    return f"no metrics of the day before for {' and '.join(missing)}: nothing was moved"
