"""Quality: the measure itself, and the marks it has to reach on real apps."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from kindred.similarity.app import AppMetadata
from kindred.similarity.fitting import embed_all, fit_model
from kindred.similarity.quality import Embedder, measure_quality, same_category_share, split_rows
from ops.catalogue.formats import choose_format
from ops.catalogue.rows import Row, read_table

APPLE = Path(__file__).parents[4] / "shared" / "data" / "apple_store" / "apps.csv.gz"


def test_shares_count_the_ten_nearest() -> None:
    vectors = np.array([[1, 0]] * 12 + [[0, 1]] * 12, np.float32)
    categories = np.array(["near"] * 6 + ["far"] * 18)
    share = same_category_share(
        vectors, np.array([[1, 0.1]], np.float32), categories, np.array(["near"])
    )
    assert share.tolist() == [0.6]


def test_a_split_loses_and_repeats_no_row_and_is_the_same_for_a_seed() -> None:
    fitted_on, aside = split_rows(103, seed=4)
    assert len(aside) == 21
    assert sorted([*fitted_on, *aside]) == list(range(103))
    assert (split_rows(103, seed=4)[1] == aside).all()
    assert (split_rows(103, seed=5)[1] != aside).any()


def test_neither_the_apps_kept_aside_nor_their_categories_reach_the_fit() -> None:
    apps = [AppMetadata(name=f"app {n}", category="Games" if n % 2 else "News") for n in range(100)]
    fitted: list[AppMetadata] = []
    queried: list[AppMetadata] = []

    def fit(given: Sequence[AppMetadata]) -> Embedder:
        fitted.extend(given)

        def embed(those: Sequence[AppMetadata]) -> npt.NDArray[np.float32]:
            queried.extend(app for app in those if app.category is None)
            return np.ones((len(those), 2), np.float32)

        return embed

    quality = measure_quality(apps, fit, seed=0)
    assert (quality.indexed, quality.queries) == (80, 20)
    assert len(queried) == 20
    assert not {app.name for app in queried} & {app.name for app in fitted}


@pytest.mark.skipif(not APPLE.is_file(), reason="../shared/data is not there")
@pytest.mark.slow
def test_v2_reaches_its_marks_on_real_apps_and_v1_stays_below() -> None:
    table = read_table(APPLE)
    read_app = choose_format(table.columns).read_app
    apps = [read_app(row.values).metadata for row in table.rows if isinstance(row, Row)]

    def fits(version: str) -> Callable[[Sequence[AppMetadata]], Embedder]:
        def fit(given: Sequence[AppMetadata]) -> Embedder:
            model = fit_model(given, version=version)
            return lambda those: embed_all(model, those)

        return fit

    v2 = measure_quality(apps, fits("v2"), seed=7)
    v1 = measure_quality(apps, fits("v1"), seed=7)
    assert v2.precision >= 0.74
    assert v2.precision_without_games is not None
    assert v2.precision_without_games >= 0.52
    assert v1.precision < v2.precision
