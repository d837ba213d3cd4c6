"""What is to be done next with a deployment, from what is wanted and what is seen: one thing."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kindred.rollout.admission import admit
from kindred.rollout.baking import period_due, weigh
from kindred.rollout.deployment import Deployment, Outcome
from kindred.rollout.endpoint_calls import Action, Record, Wait
from kindred.rollout.endpoint_configuration import RolloutSettings
from kindred.rollout.endpoint_state import ObservedEndpoint
from kindred.rollout.going_back import clean, unwind
from kindred.rollout.intents import given_up, unwound
from kindred.rollout.judge import Judgement
from kindred.rollout.shifting import add_canary, create_first, hold_step, promote, went_back


def next_step(
    deployment: Deployment,
    observed: ObservedEndpoint | None,
    judgement: Judgement | None,
    *,
    settings: RolloutSettings,
    now: datetime,
) -> Action:
    """One action; after it the caller looks again. `observed` is None where no endpoint is.

    `judgement` is that of `period_due`, and None where that is None. The same arguments give the
    same action, and no action depends on an earlier run having survived its call.
    """
    if deployment.is_terminal:
        return Wait(f"it has ended: {deployment.state}")
    if action := take_up(deployment, now):
        return action
    if deployment.stage == "admit":
        return admit(deployment, observed, settings=settings, now=now)
    if deployment.stage == "clean":
        return clean(deployment, settings=settings, now=now)
    if deployment.stage == "unwind":
        return unwind(deployment, observed, settings=settings, now=now)
    return _forward(deployment, observed, judgement, settings=settings, now=now)


def take_up(deployment: Deployment, now: datetime) -> Action | None:
    """What somebody asked for, as soon as it can be, whatever is seen; None where nothing is."""
    wish = deployment.wish
    if wish is None:
        return None
    told = f"{wish.verb} by {wish.by}: {wish.reason}"
    heard = replace(deployment, wish=None)
    if deployment.stage in ("unwind", "clean"):
        return Record(heard)
    if wish.verb in ("cancel", "rollback"):
        if deployment.stage == "admit" or deployment.plan.dry_run:
            return Record(heard.moved("CANCELLED", at=now, reason=told))
        outcome: Outcome = "CANCELLED" if wish.verb == "cancel" else "ROLLED_BACK"
        return Record(unwound(deployment, outcome, told, now=now))
    if wish.verb == "pause":
        return Record(heard.moved("PAUSED", at=now, reason=told))
    if wish.verb == "resume":
        # The step bakes anew: what was not enough, or missing, is not held against it.
        again = now if deployment.shift_confirmed_at else None
        resumed = replace(heard, shift_confirmed_at=again)
        return Record(resumed.moved("IN_PROGRESS", at=now, reason=told))
    if deployment.stage != "bake":
        # Complete: the canary has to be there first, or is being promoted already.
        return None
    hurried = replace(heard, stage="promote", step=100, shift_confirmed_at=None, intent=None)
    return Record(hurried.moved("IN_PROGRESS", at=now, reason=told))


def _forward(
    deployment: Deployment,
    observed: ObservedEndpoint | None,
    judgement: Judgement | None,
    *,
    settings: RolloutSettings,
    now: datetime,
) -> Action:
    limit = deployment.plan.limit_minutes
    promoted = observed and observed.configuration == deployment.promoted_configuration
    if now - (deployment.started_at or now) >= limit * settings.minute and not promoted:
        if deployment.plan.dry_run:
            reason = f"dry run: not over after {limit} minutes"
            return Record(deployment.moved("FAILED", at=now, reason=reason))
        return Record(
            unwound(
                deployment,
                "ROLLED_BACK",
                f"not over after {limit} minutes: {deployment.reason}",
                now=now,
            )
        )
    if observed is None:
        if deployment.old_configuration is None:
            return create_first(deployment, observed, settings=settings, now=now)
        return _gone(deployment, now)
    if deployment.engine == "guardrails" and observed.status == "RollingBack":
        reason = f"SageMaker takes the traffic back: {observed.failure or 'an alarm went off'}"
        return Record(unwound(deployment, "ROLLED_BACK", reason, now=now))
    if observed.is_changing:
        return Wait(f"the endpoint is {observed.status}")
    if deployment.stage == "bake":
        return _bake(deployment, observed, judgement, settings=settings, now=now)
    if observed.is_broken:
        return Record(given_up(deployment, went_back(observed), now=now))
    if deployment.stage == "promote":
        return promote(deployment, observed, settings=settings, now=now)
    if deployment.old_configuration is None:
        return create_first(deployment, observed, settings=settings, now=now)
    return add_canary(deployment, observed, settings=settings, now=now)


def _bake(
    deployment: Deployment,
    observed: ObservedEndpoint,
    judgement: Judgement | None,
    *,
    settings: RolloutSettings,
    now: datetime,
) -> Action:
    if not deployment.plan.dry_run:
        if observed.is_broken:
            return Record(given_up(deployment, went_back(observed), now=now))
        if action := hold_step(deployment, observed, settings=settings, now=now):
            return action
    period = period_due(deployment, minute=settings.minute, now=now)
    if period is None or judgement is None:
        return Wait(f"step {deployment.step} % bakes")
    return weigh(deployment, judgement, period, now=now)


def _gone(deployment: Deployment, now: datetime) -> Action:
    if deployment.plan.dry_run:
        return Record(deployment.moved("FAILED", at=now, reason="the endpoint is gone"))
    return Record(unwound(deployment, "FAILED", "the endpoint is gone", now=now))
