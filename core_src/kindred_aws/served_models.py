"""Which model an endpoint serves to those who choose none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from types_boto3_sagemaker import SageMakerClient
    from types_boto3_sagemaker.type_defs import DescribeEndpointOutputTypeDef


class ServedModels:
    """Endpoints are named without `prefix` here, and with it on SageMaker."""

    def __init__(self, client: SageMakerClient, *, prefix: str) -> None:
        self._client = client
        self._prefix = prefix

    def has_endpoint(self, endpoint: str) -> bool:
        return self._describe(endpoint) is not None

    def production_model(self, endpoint: str) -> str | None:
        """The model's name on SageMaker; None while there is no endpoint.

        During a rollout the production variant is the one that was there before: a configuration
        names the canary after it.
        """
        described = self._describe(endpoint)
        if described is None:
            return None
        configuration = self._client.describe_endpoint_config(
            EndpointConfigName=described["EndpointConfigName"]
        )
        return configuration["ProductionVariants"][0].get("ModelName")

    def _describe(self, endpoint: str) -> DescribeEndpointOutputTypeDef | None:
        try:
            return self._client.describe_endpoint(EndpointName=f"{self._prefix}{endpoint}")
        except ClientError as error:
            said = error.response["Error"]
            if said["Code"] == "ValidationException" and "not find" in said.get("Message", ""):
                return None
            raise
