"""Puts the first approved model package behind an endpoint that has no model yet."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from kindred.rollout.deployment import ModelSource
from kindred.rollout.rollout_plan import RolloutPlan
from kindred_aws.deployment_table import CoolDown, EndpointBusy
from rollout_functions.api_requests import logger
from rollout_functions.api_settings import api_settings, served_models
from rollout_functions.new_deployment import PackageNotApproved, create, reconcile_soon

_BY = "model registry"


def handler(event: Mapping[str, Any], _context: object) -> dict[str, str]:
    """What became of the package, by endpoint. Its second and later ones are for people to roll
    out, or for the experiment of a retraining."""
    detail = event["detail"]
    group, allowed = detail.get("ModelPackageGroupName"), api_settings().package_group
    if group != allowed or detail.get("ModelApprovalStatus") != "Approved":
        raise ValueError(
            f"given a package of {group} that is {detail.get('ModelApprovalStatus')}; "
            f"allowed one of {allowed} that is Approved"
        )
    package_arn = str(detail["ModelPackageArn"])
    outcomes = {name: _admit(package_arn, name) for name in api_settings().endpoints}
    logger().info("package admitted", package=package_arn, outcomes=outcomes)
    return outcomes


def _admit(package_arn: str, endpoint: str) -> str:
    if served_models().has_endpoint(endpoint):
        return "nothing to do: the endpoint serves a model already"
    # EventBridge may say a thing twice.
    key = hashlib.sha256(f"{package_arn} {endpoint}".encode()).hexdigest()
    try:
        # There is nothing to compare with: all of the traffic at once.
        deployment, _ = create(
            endpoint=endpoint,
            source=ModelSource(package_arn=package_arn),
            plan=RolloutPlan(canary_percent=100),
            by=_BY,
            idempotency_key=f"admit-{key}",
        )
    except (CoolDown, EndpointBusy, PackageNotApproved) as error:
        return f"not deployed: {error}"
    reconcile_soon(deployment)
    return f"deployment {deployment.deployment_id}"
