"""The staging endpoint: made for one candidate, asked, and removed with what was made for it."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from botocore.exceptions import BotoCoreError, ClientError

from kindred.retraining.regression_tests import TOP_K, Answer, GoldenQuery

if TYPE_CHECKING:
    from types_boto3_sagemaker import SageMakerClient
    from types_boto3_sagemaker.literals import ProductionVariantInstanceTypeType
    from types_boto3_sagemaker.type_defs import DescribeEndpointOutputTypeDef
    from types_boto3_sagemaker_runtime import SageMakerRuntimeClient

Status = Literal["absent", "clearing", "creating", "in_service", "deleting", "failed"]
_STATUS: dict[str, Status] = {"Creating": "creating", "InService": "in_service"}
_STATUS |= {"Deleting": "deleting", "Failed": "failed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedModel:
    """Where the candidate runs: its container, archive and what it may and can reach."""

    image_uri: str
    model_data_url: str
    role_arn: str
    instance_type: str
    key_arn: str
    subnet_ids: tuple[str, ...]
    security_group_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StagingEndpoint:
    """Models and configurations are named `<endpoint>-<hash of the run>`: each run has its own."""

    client: SageMakerClient
    name: str

    def create(self, run_id: str, model: StagedModel) -> Status:
        """Makes what is missing, in turn, so that it may be called again after any of it.

        "clearing" for as long as another run's endpoint, left by its abort, has to go first: then
        it is to be called once more.
        """
        name = self._own_name(run_id)
        if self._clears_another(name):
            return "clearing"
        network: Any = (
            {
                "VpcConfig": {
                    "Subnets": [*model.subnet_ids],
                    "SecurityGroupIds": [*model.security_group_ids],
                }
            }
            if model.subnet_ids
            else {}
        )
        if not self._has(lambda: self.client.describe_model(ModelName=name)):
            self.client.create_model(
                ModelName=name,
                ExecutionRoleArn=model.role_arn,
                PrimaryContainer={"Image": model.image_uri, "ModelDataUrl": model.model_data_url},
                **network,
            )
        if not self._has(lambda: self.client.describe_endpoint_config(EndpointConfigName=name)):
            self.client.create_endpoint_config(
                EndpointConfigName=name,
                KmsKeyId=model.key_arn,
                ProductionVariants=[
                    {
                        "VariantName": "production",
                        "ModelName": name,
                        "InitialInstanceCount": 1,
                        "InstanceType": cast(
                            "ProductionVariantInstanceTypeType", model.instance_type
                        ),
                        "InitialVariantWeight": 1.0,
                    }
                ],
            )
        if self.status() == "absent":
            self.client.create_endpoint(EndpointName=self.name, EndpointConfigName=name)
        return self.status(run_id)

    def status(self, run_id: str | None = None) -> Status:
        """With a run id, "failed" where the endpoint is another run's."""
        found = self._endpoint()
        if found is None:
            return "absent"
        if run_id and found.get("EndpointConfigName") != self._own_name(run_id):
            return "failed"
        return _status_of(found)

    def remove(self, run_id: str) -> bool:
        """Asks for the removal of what is left of this run; whether nothing is any more."""
        name = self._own_name(run_id)
        found = self._endpoint()
        if found is not None and found.get("EndpointConfigName") == name:
            if _status_of(found) in ("in_service", "failed"):
                self.client.delete_endpoint(EndpointName=self.name)
            if self.status() != "absent":
                # A configuration must stay for as long as an endpoint runs by it.
                return False
        self._remove_parts(name)
        return True

    def _clears_another(self, own_name: str) -> bool:
        """Whether another run's endpoint is still there: it goes, with what was made for it."""
        found = self._endpoint()
        if found is None or found.get("EndpointConfigName") == own_name:
            return False
        status = _status_of(found)
        if status in ("in_service", "failed"):
            self.client.delete_endpoint(EndpointName=self.name)
        another = found.get("EndpointConfigName", "")
        if status != "creating" and another.startswith(f"{self.name}-"):
            # Only the endpoint tells their name, and one that is being deleted needs them no more.
            self._remove_parts(another)
        return True

    def _endpoint(self) -> DescribeEndpointOutputTypeDef | None:
        try:
            return self.client.describe_endpoint(EndpointName=self.name)
        except ClientError as error:
            if not _is_absent(error):
                raise
            return None

    def _remove_parts(self, name: str) -> None:
        for delete in (
            lambda: self.client.delete_endpoint_config(EndpointConfigName=name),
            lambda: self.client.delete_model(ModelName=name),
        ):
            self._has(delete)

    def _own_name(self, run_id: str) -> str:
        return f"{self.name}-{hashlib.sha256(run_id.encode()).hexdigest()[:8]}"

    def _has(self, call: Any) -> bool:
        """Whether what the call is about exists."""
        try:
            call()
        except ClientError as error:
            if not _is_absent(error):
                raise
            return False
        return True


def _status_of(found: DescribeEndpointOutputTypeDef) -> Status:
    return _STATUS.get(found["EndpointStatus"], "failed")


def ask_endpoint(client: SageMakerRuntimeClient, name: str, query: GoldenQuery) -> Answer:
    """An endpoint's answer to a golden query, timed; what went wrong is in the answer."""
    metadata = query.metadata
    features = {
        "name": metadata.name,
        "category": metadata.category,
        "region": metadata.region,
        "pricing": metadata.pricing,
        "features": list(metadata.features),
        "description": metadata.description,
    }
    started = time.perf_counter()
    try:
        answer = client.invoke_endpoint(
            EndpointName=name,
            ContentType="application/json",
            Accept="application/json",
            Body=json.dumps({"features": features, "top_k": TOP_K}).encode(),
        )
        body = json.loads(answer["Body"].read())
    except (ClientError, BotoCoreError, ValueError) as error:
        return Answer(problem=str(error)[:300])
    return Answer(body=body, latency_ms=1000 * (time.perf_counter() - started))


def _is_absent(error: ClientError) -> bool:
    """SageMaker says of what does not exist that the request was not valid."""
    found = error.response["Error"]
    message = found.get("Message", "").lower()
    return found["Code"] == "ValidationException" and (
        "could not find" in message or "does not exist" in message
    )
