"""Artefacts and the catalogue in S3: files under names of their content, the manifest last."""

import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from kindred.similarity.catalogue_manifest import CatalogueManifest
from kindred.similarity.manifest import (
    MANIFEST,
    CorruptArtefact,
    Manifest,
    StoredFile,
    verify_file,
    verify_files,
)
from kindred.similarity.versions import is_version, number_of

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_CATALOGUE, _EMBEDDINGS = "catalogue", "embeddings"
_ABSENT = {"404", "NoSuchKey", "NotFound"}
_TRANSFERS = 8


class ArtefactNotFound(LookupError):
    """Nothing has been published under that name."""

    def __init__(self, bucket: str, key: str) -> None:
        super().__init__(f"no {key} in bucket {bucket}")


class ArtefactStore:
    """A reader holding an older manifest still finds its files: a key's content never changes."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self.bucket = bucket

    def publish(self, directory: Path, version: str) -> Manifest:
        """Uploads what is not there yet. Raises CorruptArtefact when a file has changed since."""
        manifest = Manifest.from_json((directory / MANIFEST).read_bytes())
        self._put(f"{_EMBEDDINGS}/{version}", directory, manifest.files)
        return manifest

    def manifest(self, version: str) -> Manifest:
        """Raises ArtefactNotFound or CorruptArtefact."""
        return Manifest.from_json(self._read(f"{_EMBEDDINGS}/{version}/{MANIFEST}"))

    def published(self) -> list[str]:
        """The versions of which there is a manifest, in their order."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=f"{_EMBEDDINGS}/", Delimiter="/"
        )
        folders = [each["Prefix"] for page in pages for each in page.get("CommonPrefixes", [])]
        names = sorted(filter(is_version, (each.split("/")[1] for each in folders)), key=number_of)
        return [name for name in names if self._has(f"{_EMBEDDINGS}/{name}/{MANIFEST}")]

    def download(self, version: str, into: Path) -> Path:
        """The directory `into/<model version>`, complete and verified, or not there at all.

        Raises ArtefactNotFound, or CorruptArtefact when a file is missing or differs.
        """
        content = self._read(f"{_EMBEDDINGS}/{version}/{MANIFEST}")
        manifest = Manifest.from_json(content)
        target = into / manifest.model_version
        self._get(f"{_EMBEDDINGS}/{version}", manifest.files, content, target)
        return target

    def publish_catalogue(self, directory: Path) -> CatalogueManifest:
        manifest = CatalogueManifest.from_json((directory / MANIFEST).read_bytes())
        self._put(_CATALOGUE, directory, manifest.files)
        return manifest

    def catalogue_manifest(self) -> CatalogueManifest:
        """Raises ArtefactNotFound or CorruptArtefact."""
        return CatalogueManifest.from_json(self._read(f"{_CATALOGUE}/{MANIFEST}"))

    def download_catalogue(self, into: Path) -> Path:
        """The directory `into/<checksum>`, with the same promises as `download`."""
        content = self._read(f"{_CATALOGUE}/{MANIFEST}")
        manifest = CatalogueManifest.from_json(content)
        target = into / manifest.catalogue_sha256[:12]
        self._get(_CATALOGUE, manifest.files, content, target)
        return target

    def _put(self, prefix: str, directory: Path, files: Mapping[str, StoredFile]) -> None:
        def upload(item: tuple[str, StoredFile]) -> None:
            name, expected = item
            verify_file(name, directory / name, expected)
            key = _key(prefix, name, expected)
            if not self._has(key):
                self._client.upload_file(str(directory / name), self.bucket, key)

        _each(upload, files.items())
        self._client.put_object(
            Bucket=self.bucket,
            Key=f"{prefix}/{MANIFEST}",
            Body=(directory / MANIFEST).read_bytes(),
            ContentType="application/json",
        )

    def _get(
        self, prefix: str, files: Mapping[str, StoredFile], manifest: bytes, target: Path
    ) -> None:
        if _is_complete(target, files, manifest):
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(dir=target.parent, prefix=".partial-"))

        def fetch(item: tuple[str, StoredFile]) -> None:
            name, expected = item
            (partial / name).parent.mkdir(parents=True, exist_ok=True)
            self._fetch(_key(prefix, name, expected), name, expected, partial / name)

        try:
            _each(fetch, files.items())
            (partial / MANIFEST).write_bytes(manifest)
            # Renaming a whole directory is atomic; what it replaces was found incomplete.
            shutil.rmtree(target, ignore_errors=True)
            partial.rename(target)
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    def _fetch(self, key: str, name: str, expected: StoredFile, path: Path) -> None:
        try:
            self._client.download_file(self.bucket, key, str(path))
        except ClientError as error:
            if error.response["Error"]["Code"] not in _ABSENT:
                raise
            raise CorruptArtefact(
                name, expected=f"{expected.bytes} bytes", got=f"no {key} in {self.bucket}"
            ) from error
        verify_file(name, path, expected)

    def _has(self, key: str) -> bool:
        try:
            self._client.head_object(Bucket=self.bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _ABSENT:
                raise
            return False
        return True

    def _read(self, key: str) -> bytes:
        try:
            return self._client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] not in _ABSENT:
                raise
            raise ArtefactNotFound(self.bucket, key) from error


def _key(prefix: str, name: str, file: StoredFile) -> str:
    return f"{prefix}/{file.sha256[:12]}/{name}"


def _is_complete(target: Path, files: Mapping[str, StoredFile], manifest: bytes) -> bool:
    if not (target / MANIFEST).is_file() or (target / MANIFEST).read_bytes() != manifest:
        return False
    try:
        verify_files(target, files)
    except CorruptArtefact:
        return False
    return True


def _each(
    act: Callable[[tuple[str, StoredFile]], None], files: Iterable[tuple[str, StoredFile]]
) -> None:
    with ThreadPoolExecutor(_TRANSFERS) as pool:
        for _ in pool.map(act, files):
            pass
