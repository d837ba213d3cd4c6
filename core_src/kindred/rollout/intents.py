"""How an intent becomes a call, once or again, and what a call without effect leads to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from kindred.rollout.deployment import Deployment, Intent, Outcome
from kindred.rollout.endpoint_calls import Action, Call, Make, Record, Wait, named

# An endpoint may be described as it was for moments after a call; in rollout minutes.
SETTLE_MINUTES = 2
# What SageMaker did not do three times it will not do by itself.
MOST_ATTEMPTS = 3


def unwound(deployment: Deployment, outcome: Outcome, reason: str, *, now: datetime) -> Deployment:
    """From here on it goes back to the old configuration, from wherever this is."""
    changed = replace(
        deployment,
        stage="unwind",
        outcome=outcome,
        unwound_at=now,
        step=0,
        shift_confirmed_at=None,
        intent=None,
        wish=None,
    )
    return changed.moved("ROLLING_BACK", at=now, reason=reason)


def given_up(deployment: Deployment, reason: str, *, now: datetime) -> Deployment:
    """What cannot be had: forward leads back, and back leads to a person."""
    if deployment.stage == "unwind":
        return replace(deployment, intent=None).moved("ROLLBACK_FAILED", at=now, reason=reason)
    return unwound(deployment, "FAILED", reason, now=now)


def effect(
    deployment: Deployment,
    call: Call,
    *,
    now: datetime,
    minute: timedelta,
    otherwise: str,
    most_attempts: int = MOST_ATTEMPTS,
) -> Action:
    """Make a call whose effect is not seen; `otherwise` says what is seen instead.

    Only answered calls count as attempts: whether one that was not answered came through shows in
    what is observed, and asking twice for the same does no harm.
    """
    intent = deployment.intent
    attempts = 0
    if intent is not None and intent.call == named(call):
        attempts = intent.attempts
        if intent.acknowledged_at is not None:
            if now - intent.acknowledged_at < SETTLE_MINUTES * minute:
                return Wait(f"{named(call)} was answered and is yet to be seen")
            if attempts >= most_attempts:
                return Record(_without_effect(deployment, f"{named(call)}: {otherwise}", now))
    return _made(deployment, call, now=now, attempts=attempts)


def in_turn(deployment: Deployment, calls: Sequence[Call], *, now: datetime) -> Action | None:
    """The first of calls, each done when it is answered; None after the last."""
    names = [named(call) for call in calls]
    intent = deployment.intent
    position = 0
    if intent is not None and intent.call in names:
        position = names.index(intent.call) + (intent.acknowledged_at is not None)
    if position == len(calls):
        return None
    return _made(deployment, calls[position], now=now, attempts=0)


def after(
    preparations: Sequence[Call],
    deployment: Deployment,
    call: Call,
    *,
    now: datetime,
    minute: timedelta,
    otherwise: str,
    most_attempts: int = MOST_ATTEMPTS,
) -> Action:
    """The preparations in turn, then the call until its effect is seen."""
    if deployment.intent is None or deployment.intent.call != named(call):
        preparation = in_turn(deployment, preparations, now=now)
        if preparation is not None:
            return preparation
    return effect(
        deployment, call, now=now, minute=minute, otherwise=otherwise, most_attempts=most_attempts
    )


def acknowledged(deployment: Deployment, *, now: datetime) -> Deployment:
    """The intended call was answered."""
    if deployment.intent is None:
        raise ValueError(f"deployment {deployment.deployment_id} intends no call")
    attempts = deployment.intent.attempts + 1
    answered = replace(deployment.intent, acknowledged_at=now, attempts=attempts)
    return replace(deployment, intent=answered)


def refused(deployment: Deployment, reason: str, *, now: datetime) -> Deployment:
    """AWS will not do the intended call, now or later.

    What cannot be deleted is left and named; back is tried three times.
    """
    intended = deployment.intent.call if deployment.intent else "a call"
    told = f"{intended} was refused: {reason}"
    if deployment.stage == "clean":
        left = f"{deployment.reason}; left behind: {told}"
        return replace(acknowledged(deployment, now=now), reason=left)
    if deployment.stage == "unwind":
        tried = acknowledged(deployment, now=now)
        if tried.intent and tried.intent.attempts < MOST_ATTEMPTS:
            return tried
    return given_up(deployment, told, now=now)


def _without_effect(deployment: Deployment, reason: str, now: datetime) -> Deployment:
    if deployment.engine == "guardrails" and deployment.stage == "add":
        # It was SageMaker that judged, and it has gone back by itself.
        return unwound(deployment, "ROLLED_BACK", reason, now=now)
    return given_up(deployment, reason, now=now)


def _made(deployment: Deployment, call: Call, *, now: datetime, attempts: int) -> Action:
    intent = Intent(call=named(call), requested_at=now, attempts=attempts)
    return Make(replace(deployment, intent=intent), call)
