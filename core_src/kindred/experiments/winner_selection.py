"""One day's run over the embedding experiment: what becomes of its shift, and who is told what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from kindred.experiments.daily_metrics import DailyMetrics
from kindred.experiments.decision_words import percent
from kindred.experiments.decisions import Decision
from kindred.experiments.embedding_decision import EmbeddingPlan, decide_embedding, missing_days
from kindred.experiments.embedding_experiment import EmbeddingExperiment
from kindred.experiments.gradual_shift import LADDERS, Shift, advance, has_news

_HEADLINES = {
    "keep_running": "no winner yet",
    "no_winner": "there is no winner",
    "blocked": "nothing can be promoted",
    "no_data": "metrics are missing",
    "shifting": "traffic moves to the winner",
    "watching": "the winner is being watched",
    "promoted": "the winner has all traffic",
    "rolled_back": "rolled back",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    subject: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftRecord:
    """The experiment's item. `shift_revision` is the item's revision when the shift was written.

    `notice` was written with the shift and has not been sent yet.
    """

    experiment: EmbeddingExperiment
    plan: EmbeddingPlan
    revision: int | None = None
    shift: Shift | None = None
    shift_revision: int | None = None
    notice: Notice | None = None

    def current_shift(self, *, now: datetime) -> Shift:
        """Where the shift stands; from the start again where somebody changed the experiment.

        What was counted under other weights counts no more, nor does today: units keep their arm
        for a day.
        """
        weight, arms = self.experiment.control_weight, self.experiment.arms
        if self.shift is None:
            return Shift(control_weight=weight, arms=arms, since=self.plan.since)
        if self.shift_revision != self.revision or self.shift.control_weight != weight:
            since = now.date() + timedelta(days=1)
            return Shift(control_weight=weight, arms=arms, since=since)
        return self.shift


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """`notice` is None where nobody need be told: the state is the one of the day before."""

    shift: Shift
    notice: Notice | None


def select_winner(
    record: ShiftRecord, rows: Sequence[DailyMetrics], *, now: datetime
) -> Selection | None:
    """`rows` are the days' metrics that count, up to yesterday.

    None where there is nothing to do: the experiment is not active, its shift is over, or the run
    of today or of a later day has been.
    """
    before = record.current_shift(now=now)
    today = now.date()
    has_been = before.day is not None and before.day >= today
    if record.experiment.status != "active" or before.is_over or has_been:
        return None
    counted = [row for row in rows if before.since is None or row.day >= before.since]
    ladder = LADDERS[record.plan.ladder]
    decision = _decision(record, before, counted, now) if before.winner is None else None
    yesterday = today - timedelta(days=1)
    latest = {row.arm: row for row in counted if row.day == yesterday}
    after = advance(before, day=today, rows=latest, decision=decision, ladder=ladder)
    told = record.shift if before is record.shift else None
    gaps = missing_days(counted, until=yesterday) if counted else ()
    notice = _notice(record, after, [day.isoformat() for day in gaps])
    return Selection(shift=after, notice=notice if has_news(told, after) else None)


def _decision(
    record: ShiftRecord, before: Shift, rows: Sequence[DailyMetrics], now: datetime
) -> Decision:
    decision = decide_embedding(
        record.experiment.experiment_id,
        record.plan,
        arms=before.arms,
        control_weight=before.control_weight,
        rows=rows,
        now=now,
    )
    least, seen = LADDERS[record.plan.ladder].least_days, len({row.day for row in rows})
    if decision.winner is None or seen >= least:
        return decision
    early = (f"watched for {seen} of {least} days", *decision.reasons)
    return replace(decision, outcome="keep_running", winner=None, reasons=early)


def _notice(record: ShiftRecord, shift: Shift, gaps: Sequence[str]) -> Notice:
    headline = _HEADLINES[shift.stage]
    control, treatment = shift.arms
    lines = [
        f"Experiment {record.experiment.experiment_id}: {headline}.",
        f"Why: {shift.reason}.",
        f"Traffic: {control} {percent(shift.control_weight)}, "
        f"{treatment} {percent(1 - shift.control_weight)}.",
        f"Policy: {record.plan.policy}.",
    ]
    if gaps:
        lines.append(f"Days without metrics: {', '.join(gaps)}.")
    if shift.stage == "rolled_back":
        lines.append("It stays so until somebody sets the experiment: `kindred experiment set`.")
    # SNS takes 100 characters.
    subject = f"Kindred: {record.experiment.experiment_id}: {headline}"[:100]
    return Notice(subject=subject, message="\n".join(lines))
