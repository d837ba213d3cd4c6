"""The local SageMaker's model registry, asked by a real client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from ops.local.sagemaker.control_plane import ControlPlane
from ops.local.sagemaker.in_process import attach
from ops.local.sagemaker.model_registry import ModelRegistry
from ops.local.sagemaker.models import Models
from ops.local.sagemaker.operation import Refusal
from ops.local.sagemaker.tags import Tags

GROUP = "kindred-local-embeddings"
ARN = f"arn:aws:sagemaker:us-east-1:000000000000:model-package/{GROUP}"
CONTAINER = {
    "Image": "000000000000.dkr.ecr.us-east-1.amazonaws.com/assets:abc",
    "ModelDataUrl": "s3://training/model.tar.gz",
}


class Registry:
    """A registry, its client and what it announced."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0
        self.told: list[tuple[str, Mapping[str, Any], Sequence[str]]] = []
        tags = Tags()
        self.part = ModelRegistry(lambda: self.now, tags, lambda *event: self.told.append(event))
        self.client = boto3.client(
            "sagemaker", "us-east-1", aws_access_key_id="k", aws_secret_access_key="s"
        )
        attach(self.client, ControlPlane([tags, self.part]))
        self.client.create_model_package_group(ModelPackageGroupName=GROUP)

    def register(self, **changes: Any) -> str:
        arn: str = self.client.create_model_package(
            **{
                "ModelPackageGroupName": GROUP,
                "InferenceSpecification": {
                    "Containers": [CONTAINER],
                    "SupportedContentTypes": ["application/json"],
                    "SupportedResponseMIMETypes": ["application/json"],
                },
                "ModelApprovalStatus": "PendingManualApproval",
                "CustomerMetadataProperties": {"run_id": "r1"},
                **changes,
            }
        )["ModelPackageArn"]
        return arn


@pytest.fixture
def registry() -> Registry:
    return Registry()


def test_versions_count_up_and_are_listed_newest_first(registry: Registry) -> None:
    first = registry.register()
    registry.now += 60
    second = registry.register()

    assert (first, second) == (f"{ARN}/1", f"{ARN}/2")
    listed = registry.client.list_model_packages(ModelPackageGroupName=GROUP)
    arns = [held["ModelPackageArn"] for held in listed["ModelPackageSummaryList"]]
    assert arns == [second, first]


def test_a_version_of_a_deleted_package_does_not_come_back(registry: Registry) -> None:
    registry.client.delete_model_package(ModelPackageName=registry.register())

    assert registry.register() == f"{ARN}/2"


def test_a_package_is_described_as_it_was_registered(registry: Registry) -> None:
    described = registry.client.describe_model_package(ModelPackageName=registry.register())

    assert described["ModelPackageVersion"] == 1
    assert described["InferenceSpecification"]["Containers"] == [CONTAINER]
    assert described["CreationTime"].timestamp() == registry.now


def test_the_same_client_token_registers_once(registry: Registry) -> None:
    assert registry.register(ClientToken="a" * 20) == registry.register(ClientToken="a" * 20)


def test_an_approval_is_announced_with_the_whole_package(registry: Registry) -> None:
    arn = registry.register()
    registry.client.update_model_package(
        ModelPackageArn=arn,
        ModelApprovalStatus="Approved",
        CustomerMetadataProperties={"reason": "recall grew"},
    )

    kind, detail, resources = registry.told[-1]
    assert kind == "SageMaker Model Package State Change"
    assert list(resources) == [arn]
    assert detail["ModelApprovalStatus"] == "Approved"
    assert detail["ModelPackageGroupName"] == GROUP
    assert detail["UpdatedModelPackageFields"] == [
        "CustomerMetadataProperties",
        "ModelApprovalStatus",
    ]
    assert detail["CustomerMetadataProperties"] == {"run_id": "r1", "reason": "recall grew"}
    assert detail["CreationTime"] == "2023-11-14T22:13:20Z"


def test_packages_are_found_by_their_approval(registry: Registry) -> None:
    registry.register()
    approved = registry.register(ModelApprovalStatus="Approved")

    listed = registry.client.list_model_packages(
        ModelPackageGroupName=GROUP, ModelApprovalStatus="Approved"
    )["ModelPackageSummaryList"]

    assert [held["ModelPackageArn"] for held in listed] == [approved]


@pytest.mark.parametrize("status", ["PendingManualApproval", "Rejected"])
def test_a_package_that_is_not_approved_is_no_model(registry: Registry, status: str) -> None:
    arn = registry.register(ModelApprovalStatus=status)

    with pytest.raises(Refusal, match=f"is {status}, allowed is Approved"):
        registry.part.container(arn)


def test_an_approved_package_is_its_container(registry: Registry) -> None:
    arn = registry.register(ModelApprovalStatus="Approved")

    assert registry.part.container(arn) == CONTAINER


def test_a_group_with_packages_stays(registry: Registry) -> None:
    registry.register()

    with pytest.raises(ClientError, match="still has model packages"):
        registry.client.delete_model_package_group(ModelPackageGroupName=GROUP)


def test_a_package_of_an_unknown_group_is_refused(registry: Registry) -> None:
    with pytest.raises(ClientError, match="does not exist"):
        registry.register(ModelPackageGroupName="elsewhere")


def test_several_packages_are_described_at_once_and_unknown_ones_named(registry: Registry) -> None:
    known, unknown = registry.register(), f"{ARN}/9"

    answer = registry.client.batch_describe_model_package(ModelPackageArnList=[known, unknown])

    assert list(answer["ModelPackageSummaries"]) == [known]
    assert list(answer["BatchDescribeModelPackageErrorMap"]) == [unknown]


def test_a_model_of_a_package_runs_what_the_package_holds(registry: Registry) -> None:
    arn = registry.register(ModelApprovalStatus="Approved")
    container = {"ModelPackageName": arn, "Environment": {"LOUD": "1"}}
    models = Models(lambda: registry.now, Tags())
    models.use_packages(registry.part.container)
    create = models.operations()["sagemaker", "CreateModel"]

    create({"ModelName": "m1", "ExecutionRoleArn": "role", "PrimaryContainer": container})

    assert models.model("m1")["PrimaryContainer"] == container
    assert models.runnable("m1")["PrimaryContainer"] == {**CONTAINER, **container}
