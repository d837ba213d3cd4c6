"""The artefact of a model that is fitted, not trained: by its catalogue and a seed alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kindred.prediction.calibration import fit_track_record
from kindred.similarity.artefact import write_artefact
from kindred.similarity.catalogue import Catalogue
from kindred.similarity.catalogue_manifest import CatalogueManifest
from kindred.similarity.fitting import embed_all, fit_model
from kindred.similarity.manifest import Manifest


def write_fitted(
    directory: Path,
    *,
    version: str,
    model_card: Mapping[str, Any],
    fit_sha256: str = "",
    seed: int = 0,
) -> Manifest:
    """Completes a directory whose `catalogue/` holds the catalogue. Raises what `fit_model` does.

    `fit_sha256` is the checksum of the code that fits.
    """
    catalogue = Catalogue(directory / "catalogue")
    apps = [catalogue.app(row).metadata for row in range(len(catalogue))]
    model = fit_model(apps, version=version, seed=seed)
    vectors = embed_all(model, apps)
    return write_artefact(
        directory,
        model=model,
        vectors=vectors,
        catalogue=catalogue,
        performance=fit_track_record(catalogue, vectors, seed=seed),
        fit_sha256=fit_sha256,
        model_card=model_card,
    )


def described_data(catalogue: CatalogueManifest) -> dict[str, Any]:
    """What a model card says of the apps that a model knows."""
    return {
        "apps": catalogue.count,
        "sources": dict(catalogue.sources),
        "generated": catalogue.generated,
        "files": [record.file for record in catalogue.imports],
    }
