"""Forward: the canary is added, takes over step by step, and then stands alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from kindred.rollout.deployment import Deployment
from kindred.rollout.endpoint_calls import (
    Action,
    Call,
    CreateConfiguration,
    CreateEndpoint,
    CreateModel,
    DeregisterScaling,
    Record,
    RegisterScaling,
    UpdateEndpoint,
    UpdateWeights,
)
from kindred.rollout.endpoint_configuration import (
    RolloutSettings,
    first_configuration,
    with_canary,
    with_model,
    without,
)
from kindred.rollout.endpoint_state import ObservedEndpoint
from kindred.rollout.guardrails import deployment_config
from kindred.rollout.intents import after, effect, given_up


def create_first(
    deployment: Deployment,
    observed: ObservedEndpoint | None,
    *,
    settings: RolloutSettings,
    now: datetime,
) -> Action:
    """An endpoint that does not exist; nothing is there to compare with, so it is not judged."""
    model, name = _required(deployment.model_name), _required(deployment.canary_configuration)
    if observed is None:
        content = first_configuration(settings, model=model)
        preparations: list[Call] = [
            CreateModel(model, deployment.source),
            CreateConfiguration(name, content),
        ]
        return after(
            preparations,
            deployment,
            CreateEndpoint(name),
            now=now,
            minute=settings.minute,
            otherwise="the endpoint does not appear",
        )
    if observed.is_broken:
        return Record(
            given_up(deployment, f"the endpoint is {observed.status}: {observed.failure}", now=now)
        )
    if observed.configuration != name:
        return _foreign(deployment, observed, now)
    return scaled(
        deployment, observed, [*deployment.weights], settings=settings, now=now
    ) or _cleaning(deployment, "the endpoint was created")


def add_canary(
    deployment: Deployment,
    observed: ObservedEndpoint,
    *,
    settings: RolloutSettings,
    now: datetime,
) -> Action:
    """A configuration with the canary, in use, with the weights of the first step."""
    name = _required(deployment.canary_configuration)
    if observed.configuration == name:
        if deployment.engine == "guardrails":
            done = "SageMaker has shifted all traffic, and none of its alarms went off"
            return scaled(
                deployment, observed, [*deployment.weights], settings=settings, now=now
            ) or _cleaning(deployment, done)
        return Record(replace(deployment, stage="bake", intent=None))
    if observed.configuration != deployment.old_configuration:
        return _foreign(deployment, observed, now)
    guarded = deployment.engine == "guardrails"
    return after(
        _preparations(deployment, observed.described),
        deployment,
        UpdateEndpoint(name, deployment_config(deployment.plan, settings) if guarded else None),
        now=now,
        minute=settings.minute,
        otherwise=went_back(observed),
        # A model that does not come up once will not come up by being asked again.
        most_attempts=1,
    )


def hold_step(
    deployment: Deployment,
    observed: ObservedEndpoint,
    *,
    settings: RolloutSettings,
    now: datetime,
) -> Action | None:
    """Bring the step's weights about and confirm them; None while they are and stay so."""
    if action := _weighted(deployment, observed, settings, now):
        return action
    if action := scaled(deployment, observed, [*deployment.weights], settings=settings, now=now):
        return action
    if deployment.shift_confirmed_at is None:
        return Record(replace(deployment, shift_confirmed_at=now, intent=None))
    return None


def promote(
    deployment: Deployment,
    observed: ObservedEndpoint,
    *,
    settings: RolloutSettings,
    now: datetime,
) -> Action:
    """All traffic on the canary, then a configuration without the old variant."""
    name = _required(deployment.promoted_configuration)
    baseline, canary = _required(deployment.baseline_variant), _required(deployment.canary_variant)
    if observed.configuration == name:
        done = f"{canary} has all traffic, {baseline} is gone"
        return scaled(deployment, observed, [canary], settings=settings, now=now) or _cleaning(
            deployment, done
        )
    if action := _weighted(deployment, observed, settings, now):
        return action
    if baseline in observed.scalable:
        # SageMaker removes no variant that still has a scalable target.
        return effect(
            deployment,
            DeregisterScaling(baseline),
            now=now,
            minute=settings.minute,
            otherwise="the variant still has a scalable target",
        )
    return after(
        [CreateConfiguration(name, without(observed.described, baseline))],
        deployment,
        UpdateEndpoint(name),
        now=now,
        minute=settings.minute,
        otherwise=went_back(observed),
    )


def scaled(
    deployment: Deployment,
    observed: ObservedEndpoint,
    names: Sequence[str],
    *,
    settings: RolloutSettings,
    now: datetime,
) -> Action | None:
    """These variants follow their load; None once that is so."""
    missing = next((name for name in names if name not in observed.scaled), None)
    if missing is None:
        return None
    return effect(
        deployment,
        RegisterScaling(missing),
        now=now,
        minute=settings.minute,
        otherwise="the variant has no scaling policy",
    )


def went_back(observed: ObservedEndpoint) -> str:
    why = observed.failure or "SageMaker gave no reason"
    return f"the endpoint is {observed.status} with configuration {observed.configuration}: {why}"


def _weighted(
    deployment: Deployment, observed: ObservedEndpoint, settings: RolloutSettings, now: datetime
) -> Action | None:
    """Both variants are there, with the weights of the step; None once that is so."""
    if observed.configuration != deployment.canary_configuration:
        if observed.configuration == deployment.old_configuration:
            return Record(given_up(deployment, went_back(observed), now=now))
        return _foreign(deployment, observed, now)
    if observed.serves(deployment.weights):
        return None
    return _shift(deployment, observed, settings, now)


def _shift(
    deployment: Deployment, observed: ObservedEndpoint, settings: RolloutSettings, now: datetime
) -> Action:
    """The bake begins anew with the confirmation, whoever moved the weights meanwhile."""
    seen = ", ".join(f"{name} {weight:g}" for name, weight in observed.weights.items())
    return effect(
        replace(deployment, shift_confirmed_at=None),
        UpdateWeights(deployment.weights),
        now=now,
        minute=settings.minute,
        otherwise=f"the weights are {seen}. {observed.failure}".rstrip(),
    )


def _preparations(deployment: Deployment, described: Any) -> list[Call]:
    model, canary = _required(deployment.model_name), _required(deployment.canary_variant)
    content = (
        with_model(described, model)
        if deployment.engine == "guardrails"
        else with_canary(described, deployment.weights, canary=canary, model=model)
    )
    name = _required(deployment.canary_configuration)
    return [CreateModel(model, deployment.source), CreateConfiguration(name, content)]


def _cleaning(deployment: Deployment, reason: str) -> Action:
    return Record(replace(deployment, stage="clean", intent=None, wish=None, reason=reason))


def _foreign(deployment: Deployment, observed: ObservedEndpoint, now: datetime) -> Action:
    """Somebody else's doing is not undone."""
    reason = f"somebody else gave the endpoint configuration {observed.configuration}"
    return Record(
        replace(deployment, intent=None, wish=None).moved("FAILED", at=now, reason=reason)
    )


def _required(name: str | None) -> str:
    if name is None:
        raise ValueError("a deployment that has begun names its model, variants and configurations")
    return name
