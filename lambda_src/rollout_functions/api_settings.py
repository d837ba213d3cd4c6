"""What the functions of the API are told by their environment, and the adapters made of it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from kindred_aws.function_tracing import traced_session

if TYPE_CHECKING:
    from kindred_aws.deployment_table import DeploymentTable
    from kindred_aws.function_call import FunctionCall
    from kindred_aws.model_packages import ModelPackages
    from kindred_aws.served_models import ServedModels
    from kindred_aws.transform_jobs import TransformJobs


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """`endpoints` are short names; SageMaker has them behind `endpoint_prefix`."""

    region: str
    endpoints: tuple[str, ...]
    endpoint_prefix: str
    package_group: str


@cache
def api_settings() -> ApiSettings:
    """Raises KeyError for what is missing."""
    return ApiSettings(
        region=os.environ["AWS_REGION"],
        endpoints=tuple(os.environ["ENDPOINTS"].split(",")),
        endpoint_prefix=os.environ["ENDPOINT_PREFIX"],
        package_group=os.environ["MODEL_PACKAGE_GROUP"],
    )


@cache
def deployments() -> DeploymentTable:
    from kindred_aws.deployment_table import DeploymentTable

    return DeploymentTable(
        _client("dynamodb"),
        table_name=os.environ["DEPLOYMENTS_TABLE"],
        endpoints_table=os.environ["ENDPOINTS_TABLE"],
    )


@cache
def reconciler() -> FunctionCall:
    from kindred_aws.function_call import FunctionCall

    return FunctionCall(_client("lambda"), function_name=os.environ["RECONCILE_FUNCTION"])


@cache
def packages() -> ModelPackages:
    from kindred_aws.model_packages import ModelPackages

    return ModelPackages(_client("sagemaker"), group=api_settings().package_group)


@cache
def served_models() -> ServedModels:
    from kindred_aws.served_models import ServedModels

    return ServedModels(_client("sagemaker"), prefix=api_settings().endpoint_prefix)


@cache
def transform_jobs() -> TransformJobs:
    from kindred_aws.transform_jobs import TransformJobs

    instance_type: Any = os.environ["INSTANCE_TYPE"]
    return TransformJobs(
        _client("sagemaker"),
        _client("s3"),
        prefix=api_settings().endpoint_prefix,
        bucket=os.environ["TRAINING_BUCKET"],
        key_arn=os.environ["DATA_KEY_ARN"],
        instance_type=instance_type,
    )


@cache
def _client(service: str) -> Any:
    from botocore.config import Config

    # A caller waits: a call that hangs must not outlast the function, which has ten seconds.
    config = Config(
        connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 2}
    )
    return traced_session().create_client(service, region_name=api_settings().region, config=config)
