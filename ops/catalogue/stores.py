"""Where the catalogue and its artefacts are kept: a bucket, or a directory with no cloud at all."""

import shutil
import tempfile
from pathlib import Path
from typing import Protocol

import boto3

from kindred.similarity.catalogue_manifest import CatalogueManifest
from kindred.similarity.manifest import MANIFEST, Manifest, verify_files
from kindred.similarity.versions import is_version, number_of
from kindred_aws.artefact_store import ArtefactNotFound, ArtefactStore
from ops.deployed_stage import DeployedStage, stage_of

_BUCKET_OUTPUT = "EmbeddingsBucketName"


class NoStore(ValueError):
    """No place was named, or more than one."""


class NotInDirectory(ArtefactNotFound):
    def __init__(self, root: Path, name: str) -> None:
        LookupError.__init__(self, f"no {name} in directory {root}")


class CatalogueStore(Protocol):
    """`kindred_aws.artefact_store.ArtefactStore` is one; each read raises ArtefactNotFound."""

    def publish(self, directory: Path, version: str) -> Manifest: ...
    def manifest(self, version: str) -> Manifest: ...
    def published(self) -> list[str]: ...
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

    def published(self) -> list[str]:
        names = (path.parent.name for path in (self._root / "embeddings").glob(f"*/{MANIFEST}"))
        return sorted(filter(is_version, names), key=number_of)

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
            raise NotInDirectory(self._root, f"{place}/{MANIFEST}")
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
    region: str | None = None,
    stack_prefix: str | None = None,
) -> CatalogueStore:
    """The one place that is named; credentials and endpoint are the AWS SDK's own.

    Raises NoStore, and NotDeployed for an environment or a stack that is not there.
    """
    if sum(place is not None for place in (directory, bucket, environment, stack_prefix)) != 1:
        raise NoStore("name one place: --directory, --bucket, or --environment of a deployed stack")
    if region is not None and (directory is not None or stack_prefix is not None):
        raise NoStore("name a region with --environment or --bucket only")
    if directory is not None:
        return DirectoryStore(directory)
    if bucket is not None:
        return ArtefactStore(boto3.client("s3", region_name=region), bucket)
    stage = (
        stage_of(environment, region=region)
        if environment is not None
        else DeployedStage(prefix=stack_prefix or "", region=None)
    )
    return ArtefactStore(
        boto3.client("s3", region_name=stage.region), stage.output("DataStack", _BUCKET_OUTPUT)
    )
