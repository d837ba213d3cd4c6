"""How a deployment begins, and what somebody may ask of it in which state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from kindred.rollout.deployment import Deployment, ModelSource, State, Verb, Wish
from kindred.rollout.rollout_plan import Engine, RolloutPlan

ALLOWED: Mapping[State, tuple[Verb, ...]] = {
    "PENDING": ("cancel",),
    "IN_PROGRESS": ("complete", "cancel", "rollback", "pause"),
    "PAUSED": ("complete", "cancel", "rollback", "resume"),
    "ROLLING_BACK": (),
    "COMPLETED": (),
    "ROLLED_BACK": (),
    "CANCELLED": (),
    "FAILED": (),
    "ROLLBACK_FAILED": (),
}
# SageMaker shifts by itself: nothing can make it wait or hurry, and what goes back does so once it
# is done, or its alarms are on.
_OF_GUARDRAILS: tuple[Verb, ...] = ("cancel", "rollback")


class InvalidTransition(Exception):
    """The deployment's state does not allow the verb; the message says which ones it does."""


def create_deployment(
    *,
    endpoint: str,
    engine: Engine,
    source: ModelSource,
    plan: RolloutPlan,
    created_by: str,
    now: datetime,
    deployment_id: str,
) -> Deployment:
    """Raises InvalidPlan for a plan that the engine cannot follow."""
    plan.require_engine(engine)
    return Deployment(
        deployment_id=deployment_id,
        endpoint=endpoint,
        engine=engine,
        source=source,
        digest=source.digest,
        plan=plan,
        created_at=now,
        created_by=created_by,
        reason="waits for the reconciler",
    )


def allowed_verbs(deployment: Deployment) -> tuple[Verb, ...]:
    """Once the old variant is gone, and once it goes back, there is nothing left to ask for."""
    if deployment.stage in ("unwind", "clean"):
        return ()
    wished = deployment.wish.verb if deployment.wish else None
    if wished in ("cancel", "rollback"):
        return (wished,)
    verbs = ALLOWED[deployment.state]
    if deployment.stage == "promote":
        return tuple(verb for verb in verbs if verb in ("cancel", "rollback"))
    if deployment.plan.dry_run:
        return ("cancel",) if verbs else ()
    if deployment.engine == "guardrails":
        return tuple(verb for verb in verbs if verb in _OF_GUARDRAILS)
    return verbs


def ask(deployment: Deployment, verb: Verb, *, by: str, now: datetime, reason: str) -> Deployment:
    """Record the wish; the reconciler takes it up. The same one again changes nothing.

    A later wish replaces an earlier one that was not taken up yet, but nothing replaces the wish
    to go back. Raises InvalidTransition.
    """
    if deployment.wish and deployment.wish.verb == verb:
        return deployment
    allowed = allowed_verbs(deployment)
    if verb not in allowed:
        choice = ", ".join(allowed) or "nothing"
        wished = f", {deployment.wish.verb} was asked for" if deployment.wish else ""
        raise InvalidTransition(
            f"{verb}: the deployment is {deployment.state} ({deployment.stage}{wished}); "
            f"allowed now: {choice}"
        )
    return replace(deployment, wish=Wish(verb=verb, by=by, at=now, reason=reason))
