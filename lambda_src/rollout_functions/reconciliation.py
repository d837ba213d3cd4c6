"""Drives deployments from what is intended to what is seen, one call of AWS at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from aws_lambda_powertools.logging import Logger

from kindred.rollout.baking import Period, period_due
from kindred.rollout.deployment import Deployment
from kindred.rollout.endpoint_calls import (
    Action,
    Call,
    DeregisterScaling,
    Record,
    RegisterScaling,
    Wait,
    named,
)
from kindred.rollout.endpoint_configuration import RolloutSettings
from kindred.rollout.endpoint_state import ObservedEndpoint
from kindred.rollout.intents import acknowledged, refused
from kindred.rollout.judge import Judgement, judge
from kindred.rollout.next_step import next_step, take_up
from kindred.rollout.rollout_plan import COOL_DOWN_MINUTES
from kindred_aws.aws_refusals import Refused, Unavailable, told_apart
from kindred_aws.deployment_table import DeploymentTable, StaleDeployment
from kindred_aws.endpoint_lock import EndpointLock, Lease
from kindred_aws.rollout_events import EventNotTaken, RolloutEvents
from kindred_aws.sagemaker_endpoints import SageMakerEndpoints
from kindred_aws.variant_metrics import VariantMetrics
from kindred_aws.variant_scaling import VariantScaling

# Far more than any deployment can do without waiting for SageMaker.
MOST_ACTIONS = 40
# After so long the next run goes on: the function itself may run for a minute.
_LONGEST = timedelta(seconds=40)
_TAKEN_OVER = "another run has taken over"

logger = Logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    deployments: DeploymentTable
    lock: EndpointLock
    endpoints: SageMakerEndpoints
    scaling: VariantScaling
    metrics: VariantMetrics
    events: RolloutEvents
    settings: RolloutSettings
    clock: Callable[[], datetime]

    def drive(self, deployment_id: str) -> str:
        """As far as it goes now; what it came to, in words. Raises what AWS refuses to tell."""
        endpoint = self.deployments.load(deployment_id).endpoint
        lease = self.lock.acquire(endpoint, now=self.clock())
        if lease is None:
            return "another run is at it"
        try:
            return self._drive(deployment_id, lease)
        except Unavailable as reason:
            return f"left to the next run: {reason}"
        finally:
            self._tell(deployment_id, lease)
            self.lock.release(lease)

    def _drive(self, deployment_id: str, lease: Lease) -> str:
        deployment, began = self.deployments.load(deployment_id), self.clock()
        for _ in range(MOST_ACTIONS):
            if deployment.is_terminal:
                return deployment.state
            if self.clock() - began >= _LONGEST:
                return f"left to the next run after {_LONGEST.seconds} s"
            try:
                came_to = self._advance(deployment, lease)
            except StaleDeployment:
                # Somebody asked for something meanwhile, or took the lease.
                if not self.lock.renew(lease, now=self.clock()):
                    return _TAKEN_OVER
                came_to = self.deployments.load(deployment_id)
            if isinstance(came_to, str):
                return came_to
            deployment = came_to
        return f"left to the next run after {MOST_ACTIONS} actions"

    def _advance(self, deployment: Deployment, lease: Lease) -> Deployment | str:
        """The deployment after one action; or why nothing more can be done now."""
        now = self.clock()
        # Who asks for a rollback waits for no service but those that it needs.
        action = take_up(deployment, now) or self._decide(deployment, now)
        if isinstance(action, Wait):
            return action.reason
        if isinstance(action, Record):
            return self._save(deployment, action.deployment, lease)
        intended = self.deployments.save(action.deployment, lease=lease)
        if not self.lock.renew(lease, now=self.clock()):
            return _TAKEN_OVER
        return self._make(intended, action.call, lease)

    def _decide(self, deployment: Deployment, now: datetime) -> Action:
        with told_apart():
            observed = self._observe(deployment)
        judgement = self._judge(deployment, observed, now)
        return next_step(deployment, observed, judgement, settings=self.settings, now=now)

    def _make(self, intended: Deployment, call: Call, lease: Lease) -> Deployment | str:
        logger.info("call", deployment_id=intended.deployment_id, call=named(call))
        try:
            with told_apart():
                self._call(call, intended.endpoint)
        except Refused as reason:
            with told_apart():
                observed = self.endpoints.observe(intended.endpoint, described=False)
            if observed is not None and observed.is_changing:
                # Deferred: the intent stays as it is.
                return f"the endpoint is {observed.status}"
            logger.warning("refused", deployment_id=intended.deployment_id, reason=str(reason))
            return self._save(intended, refused(intended, str(reason), now=self.clock()), lease)
        return self.deployments.save(acknowledged(intended, now=self.clock()), lease=lease)

    def _call(self, call: Call, endpoint: str) -> None:
        name = self.settings.on_sagemaker(endpoint)
        if isinstance(call, RegisterScaling):
            self.scaling.register(name, call.name)
        elif isinstance(call, DeregisterScaling):
            self.scaling.deregister(name, call.name)
        else:
            self.endpoints.make(call, endpoint)

    def _observe(self, deployment: Deployment) -> ObservedEndpoint | None:
        """Scaling and alarms are read where something may be decided by them."""
        described = deployment.stage in ("admit", "add", "promote")
        observed = self.endpoints.observe(deployment.endpoint, described=described)
        if observed is None or observed.status != "InService":
            return observed
        if deployment.stage == "admit":
            return replace(observed, alarms=self.metrics.in_alarm(self.settings.alarms))
        moving = observed.weights.keys() == deployment.weights.keys()
        if moving and not observed.serves(deployment.weights):
            return observed
        name = self.settings.on_sagemaker(deployment.endpoint)
        scalable = self.scaling.scalable(name, observed.weights)
        return replace(
            observed, scalable=scalable, scaled=self.scaling.scaled(name, sorted(scalable))
        )

    def _judge(
        self, deployment: Deployment, observed: ObservedEndpoint | None, now: datetime
    ) -> Judgement | None:
        period = period_due(deployment, minute=self.settings.minute, now=now)
        if period is None or observed is None or observed.status != "InService":
            return None
        return self._judged(deployment, period)

    def _judged(self, deployment: Deployment, period: Period) -> Judgement:
        baseline, canary = deployment.baseline_variant, deployment.canary_variant or ""
        try:
            with told_apart():
                windows = self.metrics.windows(
                    self.settings.on_sagemaker(deployment.endpoint),
                    [name for name in (baseline, canary) if name],
                    period,
                )
        except (Unavailable, Refused) as error:
            # No data, so that its budget, limits and wishes are not held up by it.
            reason = f"metrics could not be read: {error}"
            judgement = Judgement(verdict="no_data", reasons=(reason,))
        else:
            judgement = judge(
                windows[baseline] if baseline else None,
                windows[canary],
                thresholds=deployment.plan.thresholds,
            )
        logger.info(
            "judged",
            deployment_id=deployment.deployment_id,
            step=deployment.step,
            judgement=judgement.to_json(),
        )
        return judgement

    def _save(self, before: Deployment, deployment: Deployment, lease: Lease) -> Deployment:
        if deployment.state != before.state or deployment.reason != before.reason:
            logger.info(
                "deployment moved",
                deployment_id=deployment.deployment_id,
                before=before.state,
                after=deployment.state,
                reason=deployment.reason,
            )
        if not deployment.is_terminal:
            return self.deployments.save(deployment, lease=lease)
        # Whoever rolled it back had a reason; the same model again would loop.
        until = self.clock() + COOL_DOWN_MINUTES * self.settings.minute
        rolled_back = deployment.outcome == "ROLLED_BACK"
        return self.deployments.finish(
            deployment, lease=lease, refused_until=until if rolled_back else None
        )

    def _tell(self, deployment_id: str, lease: Lease) -> None:
        """Announce each transition at least once; what fails is left to the next run.

        Nothing waits for it: traffic has to go back also when nobody can be told.
        """
        deployment = self.deployments.load(deployment_id)
        if all(each.announced for each in deployment.transitions):
            return
        try:
            with told_apart():
                self.events.announce(deployment)
                self.deployments.save(deployment.all_announced(), lease=lease)
        except (Unavailable, Refused, EventNotTaken, StaleDeployment) as reason:
            logger.warning("not announced", deployment_id=deployment_id, reason=str(reason))
