"""Describes an endpoint, and makes the calls of a rollout so that each may be made twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from kindred.rollout.deployment import ModelSource
from kindred.rollout.endpoint_calls import (
    Call,
    CreateConfiguration,
    CreateEndpoint,
    CreateModel,
    DeleteConfiguration,
    DeleteEndpoint,
    DeleteModel,
    UpdateEndpoint,
    UpdateWeights,
)
from kindred.rollout.endpoint_configuration import RolloutSettings
from kindred.rollout.endpoint_state import ObservedEndpoint
from kindred_aws.aws_refusals import code_of, is_missing

if TYPE_CHECKING:
    from types_boto3_sagemaker import SageMakerClient


class SageMakerEndpoints:
    """Endpoints are given by their short names."""

    def __init__(self, client: SageMakerClient, settings: RolloutSettings) -> None:
        self._client: Any = client
        self._settings = settings

    def observe(self, endpoint: str, *, described: bool) -> ObservedEndpoint | None:
        """As it is now, with its configuration if that is wanted; None where there is none."""
        name = self._settings.on_sagemaker(endpoint)
        found = _found(lambda: self._client.describe_endpoint(EndpointName=name))
        if found is None:
            return None
        configuration = found.get("EndpointConfigName", "")
        return ObservedEndpoint(
            status=found["EndpointStatus"],
            configuration=configuration,
            weights={
                each["VariantName"]: each.get("CurrentWeight", 0.0)
                for each in found.get("ProductionVariants", [])
            },
            failure=found.get("FailureReason", ""),
            described=self._configuration(configuration) if described else {},
        )

    def make(self, call: Call, endpoint: str) -> None:
        """Returns too where the call had been made before. Raises what botocore does."""
        name = self._settings.on_sagemaker(endpoint)
        match call:
            case CreateModel():
                self._create_model(call.name, call.source)
            case CreateConfiguration():
                self._once(
                    lambda: self._client.create_endpoint_config(
                        **call.content, EndpointConfigName=call.name
                    ),
                    lambda: self._client.describe_endpoint_config(EndpointConfigName=call.name),
                )
            case CreateEndpoint():
                self._once(
                    lambda: self._client.create_endpoint(
                        EndpointName=name, EndpointConfigName=call.name
                    ),
                    lambda: self._client.describe_endpoint(EndpointName=name),
                )
            case UpdateEndpoint():
                self._update(name, call)
            case UpdateWeights():
                self._client.update_endpoint_weights_and_capacities(
                    EndpointName=name,
                    DesiredWeightsAndCapacities=[
                        {"VariantName": variant, "DesiredWeight": weight}
                        for variant, weight in call.weights.items()
                    ],
                )
            case DeleteEndpoint():
                _found(lambda: self._client.delete_endpoint(EndpointName=name))
            case DeleteConfiguration():
                _found(lambda: self._client.delete_endpoint_config(EndpointConfigName=call.name))
            case DeleteModel():
                _found(lambda: self._client.delete_model(ModelName=call.name))
            case _:
                raise ValueError(f"call: given {call!r}, allowed a call to SageMaker")

    def _create_model(self, name: str, source: ModelSource) -> None:
        settings = self._settings
        container: dict[str, Any] = (
            {"ModelPackageName": source.package_arn}
            if source.package_arn
            else {"Image": source.image, "ModelDataUrl": source.model_data_url}
        )
        request: dict[str, Any] = {
            "ModelName": name,
            "PrimaryContainer": container,
            "ExecutionRoleArn": settings.execution_role_arn,
            # The container needs no network, and so gets none.
            "EnableNetworkIsolation": True,
        }
        if settings.subnet_ids:
            request["VpcConfig"] = {
                "Subnets": list(settings.subnet_ids),
                "SecurityGroupIds": list(settings.security_group_ids),
            }
        self._once(
            lambda: self._client.create_model(**request),
            lambda: self._client.describe_model(ModelName=name),
        )

    def _update(self, name: str, call: UpdateEndpoint) -> None:
        """Instances that scaling added stay; weights are the configuration's."""
        guarded = {"DeploymentConfig": call.guardrails} if call.guardrails else {}
        self._client.update_endpoint(
            EndpointName=name,
            EndpointConfigName=call.name,
            RetainAllVariantProperties=True,
            ExcludeRetainedVariantProperties=[{"VariantPropertyType": "DesiredWeight"}],
            **guarded,
        )

    def _configuration(self, name: str) -> dict[str, Any]:
        described = self._client.describe_endpoint_config(EndpointConfigName=name)
        return {key: value for key, value in described.items() if key != "ResponseMetadata"}

    @staticmethod
    def _once(create: Callable[[], Any], describe: Callable[[], Any]) -> None:
        """Names are made of the deployment's id: what exists under one is what was wanted."""
        try:
            create()
        except ClientError as error:
            if code_of(error) != "ValidationException" or _found(describe) is None:
                raise


def _found(call: Callable[[], Any]) -> Any | None:
    """The answer; None where what it is about does not exist."""
    try:
        return call()
    except ClientError as error:
        if is_missing(error):
            return None
        raise
