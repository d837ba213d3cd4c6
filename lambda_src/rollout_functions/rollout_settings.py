"""What the reconciler is told by its environment, and the adapters made of it."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from botocore.config import Config

from kindred.rollout.endpoint_configuration import RolloutSettings
from kindred_aws.deployment_table import DeploymentTable
from kindred_aws.endpoint_lock import EndpointLock
from kindred_aws.function_tracing import traced_session
from kindred_aws.rollout_events import RolloutEvents
from kindred_aws.sagemaker_endpoints import SageMakerEndpoints
from kindred_aws.variant_metrics import VariantMetrics
from kindred_aws.variant_scaling import VariantScaling
from rollout_functions.reconciliation import Reconciliation

# CloudWatch's own periods up to a minute.
MINUTE_SECONDS = (5, 10, 30, 60)
# Renewed before each call, and longer than one may take with its second attempt: nobody else comes
# meanwhile. No longer, because the endpoint of a run that was killed waits for it.
LEASE = timedelta(seconds=20)


@cache
def rollout_settings() -> RolloutSettings:
    """Raises KeyError for what is missing and ValueError for what is out of range."""
    seconds = int(os.environ.get("ROLLOUT_MINUTE_SECONDS", "60"))
    if seconds not in MINUTE_SECONDS:
        choice = ", ".join(map(str, MINUTE_SECONDS))
        raise ValueError(f"ROLLOUT_MINUTE_SECONDS: given {seconds}, allowed {choice}")
    return RolloutSettings(
        prefix=os.environ["ENDPOINT_PREFIX"],
        minute=timedelta(seconds=seconds),
        execution_role_arn=os.environ["EXECUTION_ROLE_ARN"],
        instance_type=os.environ["INSTANCE_TYPE"],
        initial_instances=int(os.environ["INITIAL_INSTANCES"]),
        data_capture_uri=os.environ["DATA_CAPTURE_URI"],
        data_key_arn=os.environ["DATA_KEY_ARN"],
        subnet_ids=_listed("SUBNET_IDS"),
        security_group_ids=_listed("SECURITY_GROUP_IDS"),
        alarms=_listed("PREFLIGHT_ALARMS"),
    )


@cache
def deployments() -> DeploymentTable:
    return DeploymentTable(
        _client("dynamodb"),
        table_name=os.environ["DEPLOYMENTS_TABLE"],
        endpoints_table=os.environ["ENDPOINTS_TABLE"],
    )


def reconciliation(*, run: str) -> Reconciliation:
    """`run` names the one that holds the leases."""
    return Reconciliation(
        deployments=deployments(),
        lock=EndpointLock(
            _client("dynamodb"), table_name=os.environ["ENDPOINTS_TABLE"], owner=run, lasts=LEASE
        ),
        endpoints=SageMakerEndpoints(_client("sagemaker"), rollout_settings()),
        scaling=VariantScaling(_client("application-autoscaling")),
        metrics=VariantMetrics(_client("cloudwatch"), namespace=os.environ["METRICS_NAMESPACE"]),
        events=RolloutEvents(_client("events"), bus_name=os.environ["EVENT_BUS_NAME"]),
        settings=rollout_settings(),
        clock=lambda: datetime.now(UTC),
    )


@cache
def _client(service: str) -> Any:
    # The next run is a minute away: better to leave a call to it than to spend this one waiting.
    config = Config(
        connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2}
    )
    region = os.environ["AWS_REGION"]
    return traced_session().create_client(service, region_name=region, config=config)


def _listed(name: str) -> tuple[str, ...]:
    return tuple(each for each in os.environ.get(name, "").split(",") if each)
