"""A trained model over a catalogue that it need not know."""

from dataclasses import replace

import numpy as np
import pytest

from kindred.similarity.app import AppMetadata
from kindred.similarity.artefact import Artefact
from kindred.similarity.catalogue import Catalogue
from kindred.similarity.embedding import EmbeddingModel
from kindred.similarity.learned_map import LearnedMap
from kindred.similarity.metric_inputs import (
    MetricInputs,
    embed_catalogue,
    map_matrix,
    mapped,
    metric_inputs,
)
from ops.catalogue.generated_apps import generate_apps


@pytest.fixture(scope="module")
def inputs(artefact: Artefact) -> MetricInputs:
    return metric_inputs(artefact)


@pytest.fixture(scope="module")
def trained(artefact: Artefact, inputs: MetricInputs) -> EmbeddingModel:
    """As after training: each of the groups, rating and popularity among them, counts otherwise."""
    weights = np.random.default_rng(3).uniform(0.2, 2.0, len(inputs.start))
    learned = LearnedMap(inputs.terms, map_matrix(inputs, weights))
    return replace(artefact.model, version="v3", learned=learned)


def popularity(artefact: Artefact) -> np.ndarray:
    return artefact.performance.values["popularity"]


def test_on_its_own_catalogue_it_gives_what_training_gave(
    artefact: Artefact, inputs: MetricInputs, trained: EmbeddingModel
) -> None:
    assert trained.learned is not None
    as_trained = mapped(inputs.catalogue, trained.learned.matrix)
    as_new = np.stack([trained.embed(artefact.catalogue.app(row).metadata) for row in range(300)])

    again = embed_catalogue(trained, artefact.catalogue, popularity(artefact))

    assert again == pytest.approx(as_trained, abs=1e-5)
    # Which is more than an app's metadata alone would give.
    assert np.abs(again - as_new).max() > 0.01


def test_an_app_of_which_nothing_is_known_gets_the_average_direction(
    trained: EmbeddingModel, make_catalogue
) -> None:
    apps = generate_apps(20)
    apps[4] = replace(
        apps[4], metadata=AppMetadata(name="Zzyzx"), rating=None, rating_count=None, installs=None
    )
    catalogue: Catalogue = make_catalogue(apps)
    blind = replace(
        trained,
        categories=replace(trained.categories, coefficients=np.zeros((0, 0), np.float32)),
    )

    vectors = embed_catalogue(blind, catalogue, np.full(20, np.nan))

    row = catalogue.row(apps[4].app_id)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(20), abs=1e-5)
    assert (vectors[row] == trained.average).all()


def test_a_fitted_model_is_refused(artefact: Artefact) -> None:
    with pytest.raises(ValueError, match="model: given v2, allowed a trained one"):
        embed_catalogue(artefact.model, artefact.catalogue, popularity(artefact))
