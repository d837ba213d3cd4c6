"""Back to the old configuration from wherever a deployment is, and away with what is not used."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kindred.rollout.deployment import Deployment
from kindred.rollout.endpoint_calls import (
    Action,
    Call,
    DeleteConfiguration,
    DeleteEndpoint,
    DeleteModel,
    DeregisterScaling,
    Record,
    UpdateEndpoint,
    UpdateWeights,
    Wait,
)
from kindred.rollout.endpoint_configuration import RolloutSettings
from kindred.rollout.endpoint_state import ObservedEndpoint
from kindred.rollout.intents import effect, given_up, in_turn
from kindred.rollout.shifting import scaled, went_back

# After so many rollout minutes of going back a person has to look.
UNWIND_MINUTES = 60


def unwind(
    deployment: Deployment,
    observed: ObservedEndpoint | None,
    *,
    settings: RolloutSettings,
    now: datetime,
) -> Action:
    """Traffic first, all of it to the baseline; then the canary goes, by a configuration."""
    if observed is None:
        return _cleaning(deployment)
    if now - _began(deployment, settings) >= UNWIND_MINUTES * settings.minute:
        reason = f"after {UNWIND_MINUTES} minutes of going back {went_back(observed)}"
        return Record(given_up(deployment, reason, now=now))
    if observed.is_changing:
        return Wait(f"the endpoint is {observed.status}")
    ours = (deployment.canary_configuration, deployment.promoted_configuration)
    if deployment.old_configuration is None and observed.configuration in ours:
        return _remove_first(deployment, observed, settings, now)
    if observed.is_broken:
        return Record(given_up(deployment, went_back(observed), now=now))
    if observed.configuration == deployment.old_configuration:
        kept = [deployment.baseline_variant or ""]
        action = scaled(deployment, observed, kept, settings=settings, now=now)
        return action or _cleaning(deployment)
    if observed.configuration in ours:
        return _remove_canary(deployment, observed, settings, now)
    reason = f"somebody else gave the endpoint configuration {observed.configuration}"
    return Record(given_up(deployment, reason, now=now))


def _began(deployment: Deployment, settings: RolloutSettings) -> datetime:
    """Or could begin: what SageMaker guards it ends by the plan's maximum; nobody can before."""
    began = deployment.unwound_at or deployment.created_at
    if deployment.engine == "weights" or deployment.started_at is None:
        return began
    return max(began, deployment.started_at + deployment.plan.limit_minutes * settings.minute)


def _remove_canary(
    deployment: Deployment, observed: ObservedEndpoint, settings: RolloutSettings, now: datetime
) -> Action:
    call: Call = UpdateEndpoint(deployment.old_configuration or "")
    canary = deployment.canary_variant or ""
    if deployment.engine == "weights":
        both = observed.weights.keys() == deployment.weights.keys()
        if both and not observed.serves(deployment.weights):
            call = UpdateWeights(deployment.weights)
        elif canary in observed.scalable:
            call = DeregisterScaling(canary)
    return effect(deployment, call, now=now, minute=settings.minute, otherwise=went_back(observed))


def _remove_first(
    deployment: Deployment, observed: ObservedEndpoint, settings: RolloutSettings, now: datetime
) -> Action:
    """There was no endpoint before, so there is none after."""
    variant = deployment.canary_variant or ""
    scalable = variant in observed.scalable
    call: Call = DeregisterScaling(variant) if scalable else DeleteEndpoint(deployment.endpoint)
    return effect(deployment, call, now=now, minute=settings.minute, otherwise=went_back(observed))


def clean(deployment: Deployment, *, settings: RolloutSettings, now: datetime) -> Action:
    """Delete what the confirmed configuration does not need, if it is ours; then it is over."""
    calls: list[Call]
    if deployment.outcome:
        configurations = [deployment.promoted_configuration, deployment.canary_configuration]
        model = deployment.model_name
    else:
        configurations = [deployment.old_configuration]
        if deployment.engine == "weights" and deployment.old_configuration:
            configurations.append(deployment.canary_configuration)
        model = deployment.old_model
    calls = [DeleteConfiguration(name) for name in configurations if name and settings.owns(name)]
    if model and settings.owns(model):
        calls.append(DeleteModel(model))
    action = in_turn(deployment, calls, now=now)
    if action is not None:
        return action
    ended = replace(deployment, intent=None, wish=None)
    return Record(ended.moved(deployment.outcome or "COMPLETED", at=now, reason=deployment.reason))


def _cleaning(deployment: Deployment) -> Action:
    return Record(replace(deployment, stage="clean", intent=None))
