"""A deployment as it is made: its model may serve, and nothing stands against it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from kindred.experiments.events import new_event_id
from kindred.rollout.deployment import Deployment, ModelSource
from kindred.rollout.lifecycle import create_deployment
from kindred.rollout.rollout_plan import Engine, RolloutPlan
from rollout_functions.api_requests import logger
from rollout_functions.api_settings import deployments, packages, reconciler


class PackageNotApproved(ValueError):
    """The message says what the package's approval is."""


def create(
    *,
    endpoint: str,
    source: ModelSource,
    engine: Engine = "weights",
    plan: RolloutPlan,
    by: str,
    idempotency_key: str | None,
) -> tuple[Deployment, bool]:
    """The deployment, and whether it was made now or by the same key before.

    Raises PackageNotFound, PackageNotApproved, InvalidPlan and what `DeploymentTable.create` does.
    """
    made = create_deployment(
        endpoint=endpoint,
        engine=engine,
        source=source,
        plan=plan,
        created_by=by,
        now=datetime.now(UTC),
        deployment_id=new_event_id(),
    )
    if idempotency_key and (before := deployments().created_by(idempotency_key, made)):
        # Whatever has become of its package since.
        return before, False
    if source.package_arn:
        made = replace(made, digest=_approved_digest(source.package_arn))
    kept = deployments().create(made, idempotency_key=idempotency_key)
    return kept, kept.deployment_id == made.deployment_id


def reconcile_soon(deployment: Deployment) -> None:
    """At once where that can be; the schedule comes by within a minute anyway."""
    deployment_id = deployment.deployment_id
    if reason := reconciler().send({"deployment_id": deployment_id}):
        logger().warning("reconciler not called", deployment_id=deployment_id, reason=reason)


def _approved_digest(package_arn: str) -> str:
    package = packages().describe(package_arn)
    if package.approval != "Approved":
        raise PackageNotApproved(f"given a package that is {package.approval}, allowed Approved")
    return package.digest
