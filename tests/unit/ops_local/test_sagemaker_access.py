"""Which permissions a call on SageMaker needs, before it is forwarded."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ops.local.emulator.kindred_emulator.sagemaker_access import NotUnderstood, needs

PREFIX = "arn:aws:sagemaker:us-east-1:000000000000:"
ROLE = "arn:aws:iam::000000000000:role/execution"


def _needs(target: str, asked: dict[str, Any]) -> list[tuple[str, str]]:
    found = needs(
        "POST", "/", target, json.dumps(asked).encode(), region="us-east-1", account="000000000000"
    )
    return [(need.action, need.resource.removeprefix(PREFIX)) for need in found]


@pytest.mark.parametrize(
    ("operation", "asked", "expected"),
    [
        pytest.param(
            "DescribeEndpoint",
            {"EndpointName": "e"},
            [("DescribeEndpoint", "endpoint/e")],
            id="one",
        ),
        pytest.param(
            "UpdateEndpoint",
            {"EndpointName": "e", "EndpointConfigName": "c"},
            [("UpdateEndpoint", "endpoint/e"), ("UpdateEndpoint", "endpoint-config/c")],
            id="both of an update",
        ),
        pytest.param(
            "CreateModel",
            {"ModelName": "m", "ExecutionRoleArn": ROLE, "Tags": [{"Key": "k", "Value": "v"}]},
            [("CreateModel", "model/m"), ("AddTags", "model/m"), ("iam:PassRole", ROLE)],
            id="tags and the role that is passed",
        ),
        pytest.param(
            "CreateTrainingJob",
            {"TrainingJobName": "t", "RoleArn": ROLE},
            [("CreateTrainingJob", "training-job/t"), ("iam:PassRole", ROLE)],
            id="a job",
        ),
        pytest.param(
            "CreateTransformJob",
            {"TransformJobName": "t", "ModelName": "m"},
            [("CreateTransformJob", "transform-job/t")],
            id="a job whose model is not asked for",
        ),
        pytest.param(
            "CreateModelPackage",
            {"ModelPackageGroupName": "g"},
            [
                ("CreateModelPackage", "model-package-group/g"),
                ("CreateModelPackage", "model-package/g/*"),
            ],
            id="a package of a group",
        ),
        pytest.param(
            "UpdateModelPackage",
            {"ModelPackageArn": f"{PREFIX}model-package/g/1"},
            [("UpdateModelPackage", "model-package/g/1")],
            id="by its ARN",
        ),
        pytest.param(
            "ListTags", {"ResourceArn": f"{PREFIX}model/m"}, [("ListTags", "model/m")], id="tags"
        ),
        pytest.param(
            "DescribeFeatureGroup",
            {"FeatureGroupName": "Apps"},
            [("DescribeFeatureGroup", "feature-group/apps")],
            id="a feature group",
        ),
        pytest.param("ListEndpoints", {"NameContains": "e"}, [("ListEndpoints", "*")], id="a list"),
        pytest.param("DescribeSomethingNew", {}, [("DescribeSomethingNew", "*")], id="unknown"),
    ],
)
def test_an_operation_needs_its_action_on_its_resources(
    operation: str, asked: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    whole = [
        (action if ":" in action else f"sagemaker:{action}", resource)
        for action, resource in expected
    ]

    assert _needs(f"SageMaker.{operation}", asked) == whole


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        pytest.param(
            "POST",
            "/endpoints/e/invocations",
            b"not JSON",
            [("InvokeEndpoint", "endpoint/e")],
            id="a model's request, whatever it holds",
        ),
        pytest.param(
            "PUT", "/FeatureGroup/Apps", b"{}", [("PutRecord", "feature-group/apps")], id="a record"
        ),
        pytest.param(
            "POST",
            "/BatchGetRecord",
            b'{"Identifiers": [{"FeatureGroupName": "a"}, {"FeatureGroupName": "b"}]}',
            [("BatchGetRecord", "feature-group/a"), ("BatchGetRecord", "feature-group/b")],
            id="every group of a batch",
        ),
    ],
)
def test_a_call_by_its_path_needs_its_resource(
    method: str, path: str, body: bytes, expected: list[tuple[str, str]]
) -> None:
    found = needs(method, path, "", body, region="us-east-1", account="000000000000")

    assert [(need.action, need.resource.removeprefix(PREFIX)) for need in found] == [
        (f"sagemaker:{action}", resource) for action, resource in expected
    ]


def test_a_role_is_passed_to_sagemaker_and_nobody_else() -> None:
    asked = json.dumps({"ModelName": "m", "ExecutionRoleArn": ROLE}).encode()
    found = needs("POST", "/", "SageMaker.CreateModel", asked, region="r", account="a")

    assert found[-1].context == {"iam:PassedToService": "sagemaker.amazonaws.com"}


def test_scaling_needs_what_it_does_with_its_callers_rights() -> None:
    asked = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": "endpoint/e/variant/v",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    registered = _needs("AnyScaleFrontendService.RegisterScalableTarget", asked)
    tracked = _needs("AnyScaleFrontendService.PutScalingPolicy", asked)

    assert registered[0][0] == "application-autoscaling:RegisterScalableTarget"
    assert registered[1] == ("sagemaker:DescribeEndpoint", "endpoint/e")
    assert tracked[1][0] == "cloudwatch:PutMetricAlarm"
    assert tracked[1][1].endswith("alarm:TargetTracking-endpoint/e/variant/v-AlarmHigh")


@pytest.mark.parametrize(
    ("target", "path", "body"),
    [
        pytest.param("Kinesis.PutRecord", "/", b"{}", id="another service"),
        pytest.param("", "/nowhere", b"{}", id="no such path"),
        pytest.param("SageMaker.ListModels", "/", b"{", id="no JSON"),
        pytest.param("SageMaker.ListModels", "/", b"[]", id="no object"),
    ],
)
def test_what_is_not_understood_is_never_let_through(target: str, path: str, body: bytes) -> None:
    with pytest.raises(NotUnderstood):
        needs("POST", path, target, body, region="us-east-1", account="000000000000")
