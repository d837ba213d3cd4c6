"""Brings a model that was trained on one catalogue to another, so that it goes on serving."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kindred.prediction.calibration import fit_track_record, popularity_of
from kindred.similarity.artefact import Artefact, write_artefact
from kindred.similarity.catalogue import Catalogue
from kindred.similarity.catalogue_manifest import CatalogueManifest
from kindred.similarity.manifest import MANIFEST, Manifest
from kindred.similarity.metric_inputs import embed_catalogue
from ops.catalogue.fitted_artefact import described_data

# In the model card: the model as it was trained.
_CARRIED_OVER = "carried_over_from"


def is_carried_over(manifest: Manifest) -> bool:
    return _CARRIED_OVER in manifest.model_card


def trained_as(manifest: Manifest) -> str:
    """The model version that training gave, however often it was carried over since."""
    origin: Mapping[str, Any] = manifest.model_card.get(_CARRIED_OVER) or {}
    return str(origin.get("model_version", manifest.model_version))


def carry_over(
    trained: Artefact, catalogue: Path, made: Path, *, described: CatalogueManifest, code: str
) -> Manifest:
    """Completes `made`: the model's arrays as they are, all else of the other catalogue.

    `code` is the checksum of what embeds, which a fitted model's manifest holds too.
    """
    shutil.copytree(catalogue, made / "catalogue", ignore=shutil.ignore_patterns(MANIFEST))
    columns = Catalogue(made / "catalogue")
    vectors = embed_catalogue(trained.model, columns, popularity_of(columns))
    return write_artefact(
        made,
        model=trained.model,
        vectors=vectors,
        catalogue=columns,
        performance=fit_track_record(columns, vectors),
        fit_sha256=code,
        model_card=_model_card(trained.manifest, described),
    )


def _model_card(trained: Manifest, described: CatalogueManifest) -> Mapping[str, Any]:
    card = trained.model_card
    origin = card.get(_CARRIED_OVER) or {
        "model_version": trained.model_version,
        "catalogue_sha256": trained.catalogue_sha256,
        "data": card.get("data"),
        "quality": card.get("quality"),
        "limits": card.get("limits"),
    }
    return {
        **card,
        _CARRIED_OVER: origin,
        "data": described_data(described),
        "quality": None,
        "limits": f"knows the words and categories of the catalogue on which it was trained, as "
        f"{origin['model_version']}; how good it is was measured there. {origin['limits'] or ''}",
    }
