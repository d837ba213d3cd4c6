"""Published embeddings as a model package, whose approval puts them behind the endpoint."""

from __future__ import annotations

import tarfile

import boto3
import pytest
from botocore.session import get_session

from ops.local.sagemaker.control_plane import ControlPlane
from ops.local.sagemaker.in_process import attach
from ops.local.sagemaker.model_registry import ModelRegistry
from ops.local.sagemaker.tags import Tags
from ops.rollout.packaging import Registry, archive_of, register
from tests.unit.rollout_functions.conftest import REGION, shared_session

REGISTRY = Registry(
    training_bucket="training", package_group="kindred-dev-models", image="models:1"
)


class Published:
    """Of the artefact store what packing asks; the same files each time."""

    def download(self, version, into):
        folder = into / version
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text(version)
        return folder


@pytest.fixture
def announced():
    return []


@pytest.fixture
def registry(clients, announced):
    """The local SageMaker's own."""
    client = shared_session().create_client("sagemaker", region_name=REGION)
    attach(
        client,
        ControlPlane(
            [ModelRegistry(lambda: 0.0, Tags(), lambda *event: announced.append(event[:2]))]
        ),
    )
    client.create_model_package_group(ModelPackageGroupName=REGISTRY.package_group)
    announced.clear()
    return client


def register_once(registry, approve=True):
    return register(
        Published(),
        "v2",
        registry=REGISTRY,
        # As the command has it: a client of botocore's alone, as here else, uploads no files.
        files=boto3.Session(botocore_session=get_session()).client("s3", region_name=REGION),
        sagemaker=registry,
        approve=approve,
    )


def test_a_package_names_an_archive_of_the_published_files(clients, registry, tmp_path):
    arn = register_once(registry)

    found = registry.describe_model_package(ModelPackageName=arn)
    [container] = found["InferenceSpecification"]["Containers"]
    assert container["Image"] == "models:1"
    key = container["ModelDataUrl"].removeprefix("s3://training/")
    assert key.startswith("models/published-v2-")
    packed = clients["s3"].get_object(Bucket="training", Key=key)["Body"].read()
    (tmp_path / "model.tar.gz").write_bytes(packed)
    with tarfile.open(tmp_path / "model.tar.gz") as tar:
        assert tar.getnames() == ["manifest.json"]


def test_the_same_model_again_is_another_package_of_the_same_archive(clients, registry):
    first, second = (register_once(registry) for _ in range(2))

    assert first != second
    assert len(clients["s3"].list_objects_v2(Bucket="training")["Contents"]) == 1


@pytest.mark.parametrize("approve", [True, False])
def test_an_approval_is_announced_and_only_then(clients, registry, announced, approve):
    register_once(registry, approve=approve)

    approvals = [detail["ModelApprovalStatus"] for _, detail in announced]
    assert ("Approved" in approvals) == approve


def test_a_models_archive_is_the_same_bytes_for_the_same_files(tmp_path):
    for name in ("one", "two"):
        folder = tmp_path / name
        (folder / "catalogue").mkdir(parents=True)
        (folder / "manifest.json").write_text("{}")
        (folder / "catalogue" / "names").write_bytes(b"\x00" * 1000)

    first = archive_of(tmp_path / "one", tmp_path / "one.tar.gz").read_bytes()
    second = archive_of(tmp_path / "two", tmp_path / "two.tar.gz").read_bytes()

    assert first == second
    with tarfile.open(tmp_path / "one.tar.gz") as tar:
        assert tar.getnames() == ["catalogue/names", "manifest.json"]
