"""What a rollout does by one grant each, tried as the role of its function."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.local.granted import Granted, refusal_of
from tests.local.local_platform import LocalPlatform
from tests.local.rollout_roles import roles, session_as

Call = Callable[[Any, LocalPlatform], Any]
# Of the control plane's own endpoint; none of them is there, which is told only to who may ask.
_NAME = "kindred-local-embeddings"
_ABSENT = f"{_NAME}-absent"


def _granted(function: str, action: str, call: Call, *, service: str = "sagemaker") -> Granted:
    def attempt(platform: LocalPlatform, *_: Any) -> str | None:
        role = roles(platform)[function]
        client = platform.aws(service, session_as(platform, role))
        code = refusal_of(lambda: call(client, platform))
        return code if code and "AccessDenied" in code else None

    return Granted(function, action, attempt)


def _shift(sagemaker: Any, _: LocalPlatform) -> None:
    weights = [{"VariantName": "absent", "DesiredWeight": 1.0}]
    sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=_NAME, DesiredWeightsAndCapacities=weights
    )


def _configure(sagemaker: Any, _: LocalPlatform) -> None:
    variant = {
        "VariantName": "absent",
        "ModelName": _ABSENT,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    sagemaker.create_endpoint_config(EndpointConfigName=_ABSENT, ProductionVariants=[variant])


def _make_model(sagemaker: Any, platform: LocalPlatform) -> None:
    container = {"Image": platform.outputs["InferenceImageUri"], "ModelDataUrl": "s3://none/none"}
    sagemaker.create_model(
        ModelName=_ABSENT,
        PrimaryContainer=container,
        ExecutionRoleArn=roles(platform)["Endpoints"],
    )
    sagemaker.delete_model(ModelName=_ABSENT)


def _infer(runtime: Any, _: LocalPlatform) -> None:
    runtime.invoke_endpoint(
        EndpointName=_NAME, TargetVariant="absent", ContentType="application/json", Body=b"{}"
    )


def _record(dynamodb: Any, platform: LocalPlatform) -> None:
    dynamodb.put_item(
        TableName=platform.outputs["DeploymentsTableName"],
        Item={"deployment_id": {"S": "key#grants"}},
        # Granted or not, nothing is written.
        ConditionExpression="attribute_exists(deployment_id)",
    )


def _lock(dynamodb: Any, platform: LocalPlatform) -> None:
    dynamodb.update_item(
        TableName=platform.outputs["EndpointsTableName"],
        Key={"endpoint": {"S": "grants"}},
        UpdateExpression="ADD fence :one",
        ConditionExpression="attribute_exists(endpoint)",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )


def _announce(events: Any, _: LocalPlatform) -> None:
    entry = {"Source": "kindred.test", "DetailType": "Test", "Detail": json.dumps({})}
    events.put_events(Entries=[{**entry, "EventBusName": "kindred-local"}])


_RECONCILE = "RolloutReconcile"
ROLLOUT_GRANTS = {
    "shifting weights": _granted(
        _RECONCILE, "sagemaker:UpdateEndpointWeightsAndCapacities", _shift
    ),
    "making configurations": _granted(_RECONCILE, "sagemaker:CreateEndpointConfig", _configure),
    "giving a model its role": _granted(_RECONCILE, "iam:PassRole", _make_model),
    "recording a deployment": _granted(_RECONCILE, "dynamodb:PutItem", _record, service="dynamodb"),
    "holding an endpoint": _granted(_RECONCILE, "dynamodb:UpdateItem", _lock, service="dynamodb"),
    "telling of a transition": _granted(
        _RECONCILE, "events:PutEvents", _announce, service="events"
    ),
    "asking a model": _granted(
        "RolloutInference", "sagemaker:InvokeEndpoint", _infer, service="sagemaker-runtime"
    ),
}
