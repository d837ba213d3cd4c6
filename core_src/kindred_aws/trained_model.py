"""What a training job left in S3: a model archive, unpacked and verified, and its evaluation."""

from __future__ import annotations

import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kindred.similarity.manifest import (
    MANIFEST,
    CorruptArtefact,
    Manifest,
    describe_file,
    verify_files,
)

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

EVALUATION = "evaluation.json"
# What a function's disk holds; an archive that unpacks to more is no model of ours.
_LARGEST_BYTES = 8 * 1000**3


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedModel:
    """`directory` is an artefact whose files are those of its manifest; `sha256` the archive's."""

    directory: Path
    manifest: Manifest
    sha256: str

    @property
    def evaluation(self) -> bytes:
        """Raises CorruptArtefact where the training left none that the manifest answers for."""
        if EVALUATION not in self.manifest.files:
            raise CorruptArtefact(EVALUATION, expected="a checksum in the manifest", got="none")
        return (self.directory / EVALUATION).read_bytes()


def fetch_trained_model(
    client: S3Client, uri: str, into: Path, *, sha256: str | None = None
) -> TrainedModel:
    """Downloads and unpacks `uri`, of the form s3://bucket/key.tar.gz.

    Raises CorruptArtefact where the archive is not the one of that checksum, has a member that
    would lie elsewhere, or a file that is not what the manifest says.
    """
    address = urlsplit(uri)
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    archive = into / "model.tar.gz"
    client.download_file(address.netloc, address.path.lstrip("/"), str(archive))
    found = describe_file(archive).sha256
    if sha256 is not None and found != sha256:
        raise CorruptArtefact(archive.name, expected=f"sha256 {sha256}", got=f"sha256 {found}")
    directory = into / "model"
    _unpack(archive, directory)
    archive.unlink()
    if not (directory / MANIFEST).is_file():
        raise CorruptArtefact(MANIFEST, expected="a manifest", got="no such file")
    manifest = Manifest.from_json((directory / MANIFEST).read_bytes())
    verify_files(directory, manifest.files)
    return TrainedModel(directory=directory, manifest=manifest, sha256=found)


def _unpack(archive: Path, directory: Path) -> None:
    try:
        with tarfile.open(archive) as packed:
            size = sum(member.size for member in packed)
            if size > _LARGEST_BYTES:
                raise CorruptArtefact(
                    archive.name, expected=f"at most {_LARGEST_BYTES} bytes", got=f"{size} bytes"
                )
            # The filter refuses members outside of the directory, links out of it and devices.
            packed.extractall(directory, filter="data")
    except tarfile.TarError as error:
        raise CorruptArtefact(archive.name, expected="a tar archive", got=str(error)) from error
