"""When a step is judged, by which minutes, and what its judgement leads to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile

from kindred.rollout.deployment import Deployment, State
from kindred.rollout.endpoint_calls import Action, Record
from kindred.rollout.intents import unwound
from kindred.rollout.judge import Judgement
from kindred.rollout.rollout_plan import PATIENCE

# The metrics of the shift itself, and what may still arrive of the minute before it.
PERIODS_AFTER_SHIFT = 2
# CloudWatch is behind: the last minute may not have all its requests yet.
PERIODS_OF_DELAY = 1

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Whole rollout minutes, from `start` until before `end`."""

    start: datetime
    end: datetime
    minute: timedelta


def period_due(deployment: Deployment, *, minute: timedelta, now: datetime) -> Period | None:
    """The minutes since the confirmed shift, once there is one that was not judged yet."""
    confirmed = deployment.shift_confirmed_at
    if deployment.stage != "bake" or confirmed is None:
        return None
    began = _whole(confirmed + minute - timedelta.resolution, minute)
    start = began + PERIODS_AFTER_SHIFT * minute
    end = _whole(now, minute) - PERIODS_OF_DELAY * minute
    judged = deployment.judgements[-1].at if deployment.judgements else start
    if end <= max(start, judged):
        return None
    return Period(start=start, end=end, minute=minute)


def weigh(deployment: Deployment, judgement: Judgement, period: Period, *, now: datetime) -> Action:
    """Record the judgement, and with it what follows: go on, wait, pause or go back."""
    judged = deployment.judged(judgement, at=period.end)
    said = "; ".join(judgement.reasons)
    confirmed = deployment.shift_confirmed_at or now
    baked = now - confirmed >= deployment.plan.bake_minutes * period.minute
    if deployment.plan.dry_run:
        return _conclude(judged, judgement, baked=baked, now=now)
    if judgement.verdict == "fail":
        if deployment.plan.auto_rollback:
            return Record(unwound(judged, "ROLLED_BACK", said, now=now))
        return _paused(judged, f"automatic rollback is off: {said}", now)
    if judgement.verdict == "no_data":
        return _without_data(judged, said, now)
    if deployment.state == "PAUSED":
        return Record(judged)
    if judgement.verdict == "pass" and baked:
        return _step_on(judged, said, now)
    if now - confirmed >= PATIENCE * deployment.plan.bake_minutes * period.minute:
        return _paused(judged, f"inconclusive for {PATIENCE} times the bake: {said}", now)
    return Record(judged)


def _step_on(deployment: Deployment, said: str, now: datetime) -> Action:
    if deployment.step == 100:
        return Record(
            replace(deployment, stage="promote", shift_confirmed_at=None, intent=None).moved(
                "IN_PROGRESS", at=now, reason=f"the old variant goes: {said}"
            )
        )
    step = deployment.plan.after(deployment.step)
    changed = replace(deployment, step=step, shift_confirmed_at=None, intent=None)
    return Record(changed.moved("IN_PROGRESS", at=now, reason=f"to {step} %: {said}"))


def _without_data(deployment: Deployment, said: str, now: datetime) -> Action:
    confirmed = deployment.shift_confirmed_at or now
    newest_first = (each for each in reversed(deployment.judgements) if each.at > confirmed)
    empty = takewhile(lambda each: each.judgement.verdict == "no_data", newest_first)
    checks = sum(1 for _ in empty)
    if checks < deployment.plan.thresholds.no_data_checks:
        return Record(deployment)
    reason = f"no data in {checks} checks running: {said}"
    if deployment.plan.on_no_data == "roll_back":
        return Record(unwound(deployment, "ROLLED_BACK", reason, now=now))
    return _paused(deployment, reason, now)


def _paused(deployment: Deployment, reason: str, now: datetime) -> Action:
    """Traffic stays as it is until somebody decides, or the plan's maximum is over."""
    if deployment.state == "PAUSED":
        return Record(deployment)
    return Record(deployment.moved("PAUSED", at=now, reason=reason))


def _conclude(
    deployment: Deployment, judgement: Judgement, *, baked: bool, now: datetime
) -> Action:
    """A dry run ends with its first verdict after one bake; what is not a pass has failed."""
    if judgement.verdict != "fail" and not baked:
        return Record(deployment)
    state: State = "COMPLETED" if judgement.verdict == "pass" else "FAILED"
    reason = f"dry run, {judgement.verdict}: {'; '.join(judgement.reasons)}"
    return Record(replace(deployment, wish=None).moved(state, at=now, reason=reason))


def _whole(at: datetime, minute: timedelta) -> datetime:
    return at - (at - _EPOCH) % minute
