"""Embedding: one space for catalogue and new apps, unit length, the same bytes every time."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kindred.similarity.app import AppMetadata, Pricing
from kindred.similarity.embedding import DIMENSIONS, EmbeddingModel
from kindred.similarity.fitting import embed_all, fit_model

VERSIONS = pytest.mark.parametrize("version", ["v1", "v2"])
text = st.text(max_size=60) | st.sampled_from(["Puzzle Match", "budget spending", "贪吃蛇 游戏"])
any_metadata = st.builds(
    AppMetadata,
    name=text,
    category=st.none() | st.sampled_from(["Games", "Finance", "No such category"]),
    region=st.none() | st.sampled_from(["US", "Nowhere"]),
    pricing=st.none() | st.sampled_from(Pricing),
    features=st.lists(text, max_size=3).map(tuple),
    description=text,
)


@VERSIONS
@given(app=any_metadata)
@settings(max_examples=80, deadline=None)
def test_every_vector_is_of_unit_length_and_the_models_dimension(
    models: dict[str, EmbeddingModel], version: str, app: AppMetadata
) -> None:
    vector = models[version].embed(app)
    assert vector.shape == (DIMENSIONS[version],)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector.astype(np.float64)) == pytest.approx(1, abs=1e-6)
    assert (models[version].embed(app) == vector).all()


@VERSIONS
def test_the_order_of_words_and_features_does_not_matter(
    models: dict[str, EmbeddingModel], version: str
) -> None:
    one = AppMetadata(
        name="Pocket Budget Hub",
        features=("export", "coach"),
        description="budget spending every month",
    )
    other = AppMetadata(
        name="Hub Budget Pocket",
        features=("coach", "export"),
        description="month every spending budget",
    )
    assert (models[version].embed(one) == models[version].embed(other)).all()


@VERSIONS
def test_a_model_read_back_gives_the_same_vectors(
    models: dict[str, EmbeddingModel], metadata: list[AppMetadata], version: str, tmp_path: Path
) -> None:
    models[version].write(tmp_path)
    again = EmbeddingModel.open(tmp_path, version)
    assert (embed_all(again, metadata) == embed_all(models[version], metadata)).all()


@VERSIONS
def test_the_same_apps_fit_to_the_same_bytes(
    models: dict[str, EmbeddingModel], metadata: list[AppMetadata], version: str, tmp_path: Path
) -> None:
    models[version].write(tmp_path / "one")
    fit_model(metadata, version=version).write(tmp_path / "two")
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert files == sorted(path.name for path in (tmp_path / "two").iterdir())
    for name in files:
        one, two = (tmp_path / which / name for which in ("one", "two"))
        assert one.read_bytes() == two.read_bytes(), name


def test_v2_predicts_a_withheld_category_from_the_words(
    models: dict[str, EmbeddingModel],
) -> None:
    model = models["v2"]
    app = AppMetadata(name="Coin Envelope", description="budget, spending and savings every month")
    shares = dict(
        zip(model.categories.names, model.categories.shares(*_words(model, app)), strict=True)
    )
    assert max(shares, key=lambda name: shares[name]) == "Finance"
    assert sum(shares.values()) == pytest.approx(1, abs=1e-5)


def test_v1_does_not_guess_a_category(models: dict[str, EmbeddingModel]) -> None:
    model = models["v1"]
    located = model.categories.locate(None, *_words(model, AppMetadata(name="Budget")))
    assert not located.any()


def test_only_v2_reads_the_description(models: dict[str, EmbeddingModel]) -> None:
    app = AppMetadata(name="Nova", category="Games", pricing=Pricing.FREE)
    told = replace(app, description="puzzle match candy jewel swap")
    assert (models["v1"].embed(app) == models["v1"].embed(told)).all()
    assert not np.allclose(models["v2"].embed(app), models["v2"].embed(told))


@VERSIONS
def test_apps_of_a_category_lie_nearer_than_others(
    models: dict[str, EmbeddingModel], metadata: list[AppMetadata], version: str
) -> None:
    vectors = embed_all(models[version], metadata)
    categories = np.array([app.category for app in metadata])
    similarity = vectors @ vectors.T
    same = categories[:, None] == categories[None, :]
    assert similarity[same].mean() > similarity[~same].mean() + 0.2


@VERSIONS
def test_an_unknown_category_is_read_as_a_withheld_one(
    models: dict[str, EmbeddingModel], version: str
) -> None:
    app = AppMetadata(name="Budget Plan", description="spending and savings")
    known_to_nobody = replace(app, category="Sorcery")
    assert (models[version].embed(app) == models[version].embed(known_to_nobody)).all()


def test_an_app_of_which_nothing_is_known_gets_the_average_direction(
    models: dict[str, EmbeddingModel],
) -> None:
    vector = models["v1"].embed(AppMetadata(name="Zzyzx"))
    assert (vector == models["v1"].average).all()


@VERSIONS
@pytest.mark.parametrize(
    "apps",
    [
        pytest.param([AppMetadata(name="Alone")], id="a single app"),
        pytest.param([AppMetadata(name="Same", category="Games")] * 5, id="all the same"),
        pytest.param([AppMetadata(name="蛇", category=None)] * 3, id="no category at all"),
        pytest.param(
            [AppMetadata(name=f"app {n}", category=c) for n, c in enumerate("AABBBC")],
            id="rare categories",
        ),
        pytest.param(
            [AppMetadata(name=f"word{n % 90} app", category=f"c{n % 90}") for n in range(180)],
            id="more categories than dimensions",
        ),
    ],
)
def test_odd_catalogues_are_fitted_too(apps: list[AppMetadata], version: str) -> None:
    vectors = embed_all(fit_model(apps, version=version), apps)
    assert vectors.shape == (len(apps), DIMENSIONS[version])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(apps)), abs=1e-5)


def test_a_fit_without_apps_or_of_an_unknown_version_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one app"):
        fit_model([], version="v1")
    with pytest.raises(ValueError, match="no embedding model 'v3'; allowed: v1, v2"):
        fit_model([AppMetadata(name="a")], version="v3")


def _words(model: EmbeddingModel, app: AppMetadata):  # type: ignore[no-untyped-def]
    from kindred.similarity.embedding import text_terms

    return model.text.sparse(text_terms(app, model.version))
