"""Stores: a directory that behaves like the bucket, and a bucket found by its stack."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kindred.similarity.manifest import CorruptArtefact
from kindred_aws.artefact_store import ArtefactNotFound, ArtefactStore
from ops.catalogue import stores
from ops.catalogue.importing import generate
from ops.catalogue.stores import DirectoryStore, NoStore, open_store
from ops.deployed_stage import NotDeployed
from stacks import environment_file
from stacks.environment_file import load_environment


class Stacks:
    """CloudFormation with the outputs of one stack."""

    def __init__(self, outputs: dict[str, str]) -> None:
        self._outputs = outputs

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:
        if StackName != "Kindred-dev-DataStack":
            error = {"Code": "ValidationError", "Message": f"Stack {StackName} does not exist"}
            raise ClientError({"Error": error}, "DescribeStacks")
        outputs = [{"OutputKey": key, "OutputValue": v} for key, v in self._outputs.items()]
        return {"Stacks": [{"Outputs": outputs}]}


@pytest.fixture
def deployed(
    monkeypatch: pytest.MonkeyPatch, regions: list[str | None]
) -> Callable[[dict[str, str]], None]:
    def deploy(outputs: dict[str, str]) -> None:
        clients = {"cloudformation": Stacks(outputs), "s3": object()}

        def client(service: str, *, region_name: str | None = None) -> object:
            regions.append(region_name)
            return clients[service]

        monkeypatch.setattr(stores.boto3, "client", client)

    return deploy


@pytest.fixture
def regions() -> list[str | None]:
    """Of the clients that were made."""
    return []


@pytest.mark.parametrize("place", [{"environment": "dev"}, {"stack_prefix": "Kindred-dev"}])
def test_the_bucket_of_a_deployed_environment_is_found_by_its_stack(
    deployed: Callable[[dict[str, str]], None], place: dict[str, str]
) -> None:
    deployed({"LogsBucketName": "logs", "EmbeddingsBucketName": "found"})
    store = open_store(**place)  # type: ignore[arg-type]
    assert isinstance(store, ArtefactStore)
    assert store.bucket == "found"


@pytest.mark.parametrize(
    ("environment", "outputs", "message"),
    [
        pytest.param("prod", {}, "stack Kindred-prod-DataStack cannot be read", id="no stack"),
        pytest.param("dev", {}, "has no output EmbeddingsBucketName", id="no output"),
        pytest.param("local", {}, "kindred local env", id="the laptop's credentials are missing"),
        pytest.param("prdo", {}, "environment: given 'prdo', allowed dev, ", id="no environment"),
    ],
)
def test_a_bucket_that_cannot_be_found_is_explained(
    deployed: Callable[[dict[str, str]], None],
    environment: str,
    outputs: dict[str, str],
    message: str,
) -> None:
    deployed(outputs)
    with pytest.raises(NotDeployed, match=message):
        open_store(environment=environment)


def test_an_environment_is_looked_for_in_its_own_region_and_under_its_own_instance(
    deployed: Callable[[dict[str, str]], None],
    regions: list[str | None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = load_environment("dev")
    moved = file.model_copy(update={"instance": "pr1", "regions": ("eu-west-1",)})
    monkeypatch.setattr(environment_file, "load_environment", lambda _: moved)
    deployed({})
    with pytest.raises(NotDeployed, match="Kindred-pr1-dev-DataStack cannot be read in eu-west-1"):
        open_store(environment="dev")
    assert set(regions) == {"eu-west-1"}


def test_of_an_environment_in_several_regions_one_must_be_named(
    deployed: Callable[[dict[str, str]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    two = load_environment("dev").model_copy(update={"regions": ("us-east-1", "eu-west-1")})
    monkeypatch.setattr(environment_file, "load_environment", lambda _: two)
    deployed({})
    with pytest.raises(NotDeployed, match="name one with --region"):
        open_store(environment="dev")
    with pytest.raises(NotDeployed, match="given 'mars', allowed us-east-1, eu-west-1"):
        open_store(environment="dev", region="mars")
    with pytest.raises(NotDeployed, match="Kindred-dev-eu-west-1-DataStack"):
        open_store(environment="dev", region="eu-west-1")


def test_a_bucket_that_is_named_is_taken(
    deployed: Callable[[dict[str, str]], None],
) -> None:
    deployed({})
    store = open_store(bucket="named")
    assert isinstance(store, ArtefactStore)
    assert store.bucket == "named"


def test_exactly_one_place_must_be_named(tmp_path: Path) -> None:
    with pytest.raises(NoStore, match="name one place"):
        open_store()
    with pytest.raises(NoStore, match="name one place"):
        open_store(directory=tmp_path, environment="dev")


def test_a_directory_that_was_damaged_is_not_read(store: DirectoryStore, tmp_path: Path) -> None:
    generate(store=store, count=20)
    (tmp_path / "store" / "catalogue" / "name.utf8").write_bytes(b"damaged")
    with pytest.raises(CorruptArtefact, match=r"name\.utf8: expected sha256"):
        store.download_catalogue(tmp_path)


def test_what_a_directory_does_not_have_is_not_found(store: DirectoryStore, tmp_path: Path) -> None:
    with pytest.raises(ArtefactNotFound, match=r"no embeddings/v1/manifest\.json in directory"):
        store.download("v1", tmp_path)


def test_publishing_leaves_nothing_beside_what_was_published(
    store: DirectoryStore, tmp_path: Path
) -> None:
    generate(store=store, count=20)
    generate(store=store, count=30)
    assert [path.name for path in (tmp_path / "store").iterdir()] == ["catalogue"]
