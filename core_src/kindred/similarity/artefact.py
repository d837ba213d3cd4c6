"""An artefact: a fitted model, the vectors it gave a catalogue, the catalogue and its record."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kindred.prediction.track_record import TrackRecord
from kindred.similarity.catalogue import Catalogue
from kindred.similarity.columns import read_array, write_array
from kindred.similarity.embedding import EmbeddingModel, Vector, dimension_of
from kindred.similarity.manifest import (
    MANIFEST,
    CorruptArtefact,
    Manifest,
    ManifestMismatch,
    describe_files,
    verify_files,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefact:
    """`vectors` is float32[count, dimension], memory-mapped, in the catalogue's row order."""

    manifest: Manifest
    model: EmbeddingModel
    vectors: Vector
    catalogue: Catalogue
    performance: TrackRecord


def write_artefact(
    directory: Path,
    *,
    model: EmbeddingModel,
    vectors: Vector,
    catalogue: Catalogue,
    performance: TrackRecord,
    fit_sha256: str = "",
    model_card: Mapping[str, Any],
) -> Manifest:
    """Completes a directory whose `catalogue/` holds the catalogue; the manifest comes last."""
    write_array(directory, "vectors", vectors.astype(np.float32))
    model.write(directory / "model")
    performance.write(directory / "performance")
    files = describe_files(directory)
    manifest = Manifest(
        version=model.version,
        dimension=model.dimension,
        count=len(vectors),
        generated=catalogue.generated,
        catalogue_sha256=catalogue_checksum(directory / "catalogue"),
        fit_sha256=fit_sha256,
        files=files,
        model_card=model_card,
    )
    (directory / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")
    return manifest


def catalogue_checksum(directory: Path) -> str:
    """One digest over all columns of a catalogue."""
    described = {path: asdict(file) for path, file in describe_files(directory).items()}
    return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()


def load_artefact(directory: Path, *, version: str | None = None) -> Artefact:
    """Every file's checksum is verified before it is read, and nothing is ever unpickled.

    Raises CorruptArtefact when a file is missing or differs, ManifestMismatch when the artefact
    is another version, or its vectors are not what manifest and model say.
    """
    path = directory / MANIFEST
    if not path.is_file():
        raise CorruptArtefact(MANIFEST, expected="a manifest", got="no such file")
    manifest = Manifest.from_json(path.read_bytes())
    if version is not None and manifest.version != version:
        raise ManifestMismatch(MANIFEST, expected=f"version {version}", got=manifest.version)
    verify_files(directory, manifest.files)
    try:
        catalogue = Catalogue(directory / "catalogue")
        artefact = Artefact(
            manifest=manifest,
            model=EmbeddingModel.open(directory / "model", manifest.version),
            vectors=read_array(directory, "vectors"),
            catalogue=catalogue,
            performance=TrackRecord.open(directory / "performance", catalogue),
        )
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise CorruptArtefact(
            str(directory.name), expected="readable arrays", got=str(error)
        ) from error
    _check_shapes(artefact)
    return artefact


def _check_shapes(artefact: Artefact) -> None:
    manifest, vectors = artefact.manifest, artefact.vectors
    wanted = (manifest.count, manifest.dimension)
    dimension = dimension_of(manifest.version)
    if manifest.dimension != dimension:
        raise ManifestMismatch(
            MANIFEST,
            expected=f"dimension {dimension} for {manifest.version}",
            got=str(manifest.dimension),
        )
    if vectors.shape != wanted or vectors.dtype != np.float32:
        raise ManifestMismatch(
            "vectors.npy",
            expected=f"float32{list(wanted)}",
            got=f"{vectors.dtype}{list(vectors.shape)}",
        )
    if artefact.model.dimension != manifest.dimension:
        raise ManifestMismatch(
            "model", expected=f"dimension {manifest.dimension}", got=str(artefact.model.dimension)
        )
    if len(artefact.catalogue) != manifest.count:
        raise ManifestMismatch(
            "catalogue", expected=f"{manifest.count} apps", got=str(len(artefact.catalogue))
        )
