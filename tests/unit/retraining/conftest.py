"""A small catalogue and a model of it, fitted once, and a worse one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kindred.prediction.calibration import fit_track_record
from kindred.similarity.artefact import load_artefact, write_artefact
from kindred.similarity.catalogue import Catalogue, write_catalogue
from kindred.similarity.fitting import embed_all, fit_model
from ops.catalogue.generated_apps import generate_apps


@pytest.fixture(scope="session")
def artefact(tmp_path_factory):
    directory = tmp_path_factory.mktemp("fitted")
    write_catalogue(directory / "catalogue", generate_apps(300))
    catalogue = Catalogue(directory / "catalogue")
    metadata = [catalogue.app(row).metadata for row in range(len(catalogue))]
    model = fit_model(metadata, version="v2")
    vectors = embed_all(model, metadata)
    write_artefact(
        directory,
        model=model,
        vectors=vectors,
        catalogue=catalogue,
        performance=fit_track_record(catalogue, vectors),
        model_card={"summary": "of the tests"},
    )
    return load_artefact(directory)


@pytest.fixture(scope="session")
def scrambled(artefact):
    """The same apps, with vectors that say nothing of them."""
    random = np.random.default_rng(5)
    vectors = random.normal(size=artefact.vectors.shape).astype(np.float32)
    return replace(artefact, vectors=vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
