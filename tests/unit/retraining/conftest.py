"""A small catalogue and a model of it, fitted once, and a worse one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kindred.similarity.artefact import load_artefact
from kindred.similarity.catalogue import write_catalogue
from ops.catalogue.fitted_artefact import write_fitted
from ops.catalogue.generated_apps import generate_apps


@pytest.fixture(scope="session")
def artefact(tmp_path_factory):
    directory = tmp_path_factory.mktemp("fitted")
    write_catalogue(directory / "catalogue", generate_apps(300))
    write_fitted(directory, version="v2", model_card={"summary": "of the tests"})
    return load_artefact(directory)


@pytest.fixture(scope="session")
def scrambled(artefact):
    """The same apps, with vectors that say nothing of them."""
    random = np.random.default_rng(5)
    vectors = random.normal(size=artefact.vectors.shape).astype(np.float32)
    return replace(artefact, vectors=vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
