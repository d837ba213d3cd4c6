"""v3 as services and containers load it: one space for the catalogue and for new apps."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from embedding_training.settings import Folders
from kindred.similarity.app import AppMetadata, Pricing
from kindred.similarity.artefact import Artefact, load_artefact
from kindred.similarity.columns import read_array, write_array
from kindred.similarity.embedding import EmbeddingModel
from kindred.similarity.learned_map import MEASURES, LearnedMap


@pytest.fixture(scope="module")
def v3(trained: Folders) -> Artefact:
    return load_artefact(trained.model, version="v3")


def test_an_app_of_the_catalogue_lies_near_where_it_would_as_a_new_one(v3: Artefact) -> None:
    """Not quite there: of a new app neither rating nor popularity is known."""
    cosines = [
        float(v3.model.embed(v3.catalogue.app(row).metadata) @ v3.vectors[row])
        for row in range(len(v3.catalogue))
    ]

    assert min(cosines) > 0.9


def test_an_app_of_which_nothing_is_known_gets_the_average_direction(v3: Artefact) -> None:
    without = replace(
        v3.model,
        categories=replace(v3.model.categories, coefficients=np.zeros((0, 0), np.float32)),
    )

    assert (without.embed(AppMetadata(name="Zzyzx")) == v3.model.average).all()
    assert np.linalg.norm(v3.model.average) == pytest.approx(1, abs=1e-6)


def test_a_new_app_is_of_unit_length_and_the_same_every_time(v3: Artefact) -> None:
    app = AppMetadata(name="Budget Plan", pricing=Pricing.FREE, features=("export",))
    vector = v3.model.embed(app)

    assert vector.dtype == np.float32
    assert vector.shape == (128,)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-6)
    assert (v3.model.embed(app) == vector).all()


def test_a_model_without_evidence_embeds_as_v2_does(artefact: Artefact) -> None:
    model = artefact.model
    inputs = 128 + 1 + len(MEASURES)
    v3 = replace(
        model,
        version="v3",
        learned=LearnedMap(("pricing:free",), np.eye(128, inputs, dtype=np.float32)),
    )

    for row in range(50):
        app = artefact.catalogue.app(row).metadata
        assert v3.embed(app) == pytest.approx(model.embed(app), abs=1e-6)


def test_v1_and_v2_are_written_without_a_trace_of_v3(artefact: Artefact, tmp_path: Path) -> None:
    artefact.model.write(tmp_path)

    assert not list(tmp_path.glob("learned*"))


def test_a_map_of_other_terms_is_refused(v3: Artefact, tmp_path: Path) -> None:
    v3.model.write(tmp_path)
    write_array(tmp_path, "learned.matrix", read_array(tmp_path, "learned.matrix")[:, :-1])

    with pytest.raises(ValueError, match=r"learned.matrix: given \(128, "):
        EmbeddingModel.open(tmp_path, "v3")
