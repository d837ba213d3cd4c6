"""Whether a deployment may begin, and what it begins with."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kindred.rollout.deployment import Deployment, State
from kindred.rollout.endpoint_calls import Action, Record, Wait
from kindred.rollout.endpoint_configuration import (
    FIRST_VARIANT,
    RolloutSettings,
    canary_variant,
    model_of,
)
from kindred.rollout.endpoint_state import ObservedEndpoint


def admit(
    deployment: Deployment,
    observed: ObservedEndpoint | None,
    *,
    settings: RolloutSettings,
    now: datetime,
) -> Action:
    """The pre-flight check. What only takes time is waited for; what is wrong ends it here."""
    if now - deployment.created_at >= deployment.plan.limit_minutes * settings.minute:
        waited = f"waited {deployment.plan.limit_minutes} minutes to begin"
        return _ended(deployment, "FAILED", f"{waited}: {deployment.reason}", now)
    if observed is None:
        if deployment.plan.dry_run:
            reason = "dry run: there is no endpoint yet; a real run would create it at 100 %"
            return _ended(deployment, "COMPLETED", reason, now)
        return _first(deployment, settings, now)
    if observed.is_changing:
        return Wait(f"the endpoint is {observed.status}")
    if objection := _objection(deployment, observed):
        return _ended(deployment, "FAILED", f"pre-flight: {objection}", now)
    if deployment.plan.dry_run:
        return _dry_run(deployment, observed, now)
    return _beside(deployment, observed, settings, now)


def _objection(deployment: Deployment, observed: ObservedEndpoint) -> str:
    if observed.status != "InService":
        return f"the endpoint is {observed.status}, allowed InService: {observed.failure}"
    if observed.alarms:
        return f"in ALARM already: {', '.join(observed.alarms)}"
    allowed = 2 if deployment.plan.dry_run else 1
    if len(observed.weights) > allowed:
        return f"the endpoint has variants {', '.join(observed.weights)}, allowed {allowed}"
    return ""


def _first(deployment: Deployment, settings: RolloutSettings, now: datetime) -> Action:
    changed = replace(
        _named(deployment, settings), canary_variant=FIRST_VARIANT, step=100, started_at=now
    )
    reason = "there is no endpoint yet: it is created with all traffic on the model"
    return Record(replace(changed, stage="add").moved("IN_PROGRESS", at=now, reason=reason))


def _beside(
    deployment: Deployment, observed: ObservedEndpoint, settings: RolloutSettings, now: datetime
) -> Action:
    (baseline,) = observed.weights
    guarded = deployment.engine == "guardrails"
    changed = replace(
        _named(deployment, settings),
        stage="add",
        started_at=now,
        step=100 if guarded else deployment.plan.canary_percent,
        baseline_variant=baseline,
        canary_variant=baseline if guarded else canary_variant(deployment.deployment_id),
        old_configuration=observed.configuration,
        old_model=model_of(observed.described, baseline),
    )
    how = (
        f"SageMaker shifts {baseline} in steps of {deployment.plan.step_percent} %"
        if guarded
        else f"{changed.canary_variant} begins beside {baseline} with {changed.step} %"
    )
    return Record(changed.moved("IN_PROGRESS", at=now, reason=how))


def _dry_run(deployment: Deployment, observed: ObservedEndpoint, now: datetime) -> Action:
    """Judge what is there: the last variant against the first, or the only one by itself."""
    first, *others = observed.weights
    changed = replace(
        deployment,
        stage="bake",
        started_at=now,
        shift_confirmed_at=now,
        baseline_variant=first if others else None,
        canary_variant=others[-1] if others else first,
        old_configuration=observed.configuration,
    )
    reason = f"dry run: {changed.canary_variant} is judged for {deployment.plan.bake_minutes} min"
    return Record(changed.moved("IN_PROGRESS", at=now, reason=reason))


def _named(deployment: Deployment, settings: RolloutSettings) -> Deployment:
    endpoint, deployment_id = deployment.endpoint, deployment.deployment_id
    return replace(
        deployment,
        model_name=settings.name_of(endpoint, deployment_id, "model"),
        canary_configuration=settings.name_of(endpoint, deployment_id, "canary"),
        promoted_configuration=settings.name_of(endpoint, deployment_id, "promoted"),
    )


def _ended(deployment: Deployment, state: State, reason: str, now: datetime) -> Action:
    return Record(replace(deployment, wish=None).moved(state, at=now, reason=reason))
