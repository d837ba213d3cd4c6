"""Where the catalogue and its artefacts are kept: a bucket, or a directory with no cloud at all."""

import shutil
import tempfile
from pathlib import Path
from typing import Protocol

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from kindred.similarity.catalogue_manifest import CatalogueManifest
from kindred.similarity.manifest import MANIFEST, Manifest, verify_files
from kindred_aws.artefact_store import ArtefactNotFound, ArtefactStore

_BUCKET_OUTPUT = "EmbeddingsBucketName"
_LAPTOP = '; for the platform on this machine type: eval "$(kindred local env)"'


class NoStore(ValueError):
    """No bucket could be found, or none was named."""


class CatalogueStore(Protocol):
    """`kindred_aws.artefact_store.ArtefactStore` is one; each read raises ArtefactNotFound."""

    def publish(self, directory: Path, version: str) -> Manifest: ...
    def manifest(self, version: str) -> Manifest: ...
    def download(self, version: str, into: Path) -> Path: ...
    def publish_catalogue(self, directory: Path) -> CatalogueManifest: ...
    def catalogue_manifest(self) -> CatalogueManifest: ...
    def download_catalogue(self, into: Path) -> Path: ...


class DirectoryStore:
    """The store's layout on disk, except that each artefact lies in one directory as it is."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def publish(self, directory: Path, version: str) -> Manifest:
        manifest = Manifest.from_json((directory / MANIFEST).read_bytes())
        verify_files(directory, manifest.files)
        _replace(directory, self._root / "embeddings" / version)
        return manifest

    def manifest(self, version: str) -> Manifest:
        return Manifest.from_json(self._read(f"embeddings/{version}"))

    def download(self, version: str, into: Path) -> Path:  # noqa: ARG002
        """The artefact where it lies: nothing is copied `into`."""
        self.manifest(version)
        return self._root / "embeddings" / version

    def publish_catalogue(self, directory: Path) -> CatalogueManifest:
        manifest = CatalogueManifest.from_json((directory / MANIFEST).read_bytes())
        verify_files(directory, manifest.files)
        _replace(directory, self._root / "catalogue")
        return manifest

    def catalogue_manifest(self) -> CatalogueManifest:
        return CatalogueManifest.from_json(self._read("catalogue"))

    def download_catalogue(self, into: Path) -> Path:  # noqa: ARG002
        verify_files(self._root / "catalogue", self.catalogue_manifest().files)
        return self._root / "catalogue"

    def _read(self, place: str) -> bytes:
        path = self._root / place / MANIFEST
        if not path.is_file():
            raise ArtefactNotFound(str(self._root), f"{place}/{MANIFEST}")
        return path.read_bytes()


def _replace(directory: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".replacing-") as scratch:
        shutil.copytree(directory, Path(scratch) / "new")
        if target.exists():
            target.rename(Path(scratch) / "old")
        (Path(scratch) / "new").rename(target)


def open_store(
    *,
    directory: Path | None = None,
    bucket: str | None = None,
    environment: str | None = None,
    stack_prefix: str | None = None,
) -> CatalogueStore:
    """The one place that is named; credentials and endpoint are the AWS SDK's own.

    Raises NoStore.
    """
    if sum(place is not None for place in (directory, bucket, environment or stack_prefix)) != 1:
        raise NoStore("name one place: --directory, --bucket, or --environment of a deployed stack")
    if directory is not None:
        return DirectoryStore(directory)
    return ArtefactStore(
        boto3.client("s3"), bucket or _deployed_bucket(stack_prefix or f"Kindred-{environment}")
    )


def _deployed_bucket(stack_prefix: str) -> str:
    stack = f"{stack_prefix}-DataStack"
    try:
        described = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    except (ClientError, BotoCoreError) as error:
        raise NoStore(
            f"the outputs of stack {stack} cannot be read: {error}"
            + (_LAPTOP if stack_prefix == "Kindred-local" else "")
        ) from error
    for output in described[0].get("Outputs", []) if described else []:
        if output.get("OutputKey") == _BUCKET_OUTPUT:
            return output["OutputValue"]
    raise NoStore(f"stack {stack} has no output {_BUCKET_OUTPUT}; is it deployed?")
