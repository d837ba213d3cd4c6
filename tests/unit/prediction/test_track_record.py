"""The track record: what a catalogue's history leads to expect, and how well that holds."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import numpy.typing as npt
import pytest

from kindred.prediction.calibration import fit_track_record
from kindred.prediction.track_record import NEIGHBOURS, NoTrackRecord, TrackRecord
from kindred.similarity.app import AppMetadata, CatalogueApp, Pricing
from kindred.similarity.catalogue import Catalogue, write_catalogue
from kindred.similarity.index import ExactIndex

MakeCatalogue = Callable[[Sequence[CatalogueApp]], Catalogue]
Vectors = npt.NDArray[np.float32]


@pytest.fixture
def make_catalogue(tmp_path: Path) -> MakeCatalogue:
    def make(apps: Sequence[CatalogueApp]) -> Catalogue:
        write_catalogue(tmp_path / "catalogue", apps)
        return Catalogue(tmp_path / "catalogue")

    return make


def app(number: int, **fields: object) -> CatalogueApp:
    metadata = AppMetadata(
        name=f"app {number}",
        category=fields.pop("category", "Games"),  # type: ignore[arg-type]
        pricing=fields.pop("pricing", Pricing.FREE),  # type: ignore[arg-type]
    )
    return CatalogueApp(
        app_id=f"{number:05d}",
        metadata=metadata,
        source=str(fields.pop("source", "test")),
        **fields,  # type: ignore[arg-type]
    )


def circle(count: int, *, seed: int = 0) -> tuple[Vectors, npt.NDArray[np.float64]]:
    """Vectors on a circle, and a level that goes smoothly around it."""
    angle = np.random.default_rng(seed).uniform(0, 2 * np.pi, count)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32), np.sin(angle)


def with_history(count: int, *, seed: int = 0) -> tuple[list[CatalogueApp], Vectors]:
    vectors, level = circle(count, seed=seed)
    rng = np.random.default_rng(seed + 1)
    ratings = 10 ** (3 + level + rng.normal(0, 0.3, count))
    return [app(n, rating_count=int(ratings[n])) for n in range(count)], vectors


def test_apps_kept_aside_are_predicted_and_their_intervals_hold(
    make_catalogue: MakeCatalogue,
) -> None:
    apps, vectors = with_history(1_000)
    catalogue = make_catalogue(apps[:800])
    record, index = fit_track_record(catalogue, vectors[:800]), ExactIndex(vectors[:800])
    seen = np.array([np.log10(1 + (one.rating_count or 0)) for one in apps[800:]])
    predictions = [
        record.predict(index.search(vectors[row], k=NEIGHBOURS), category="Games", pricing="free")
        for row in range(800, 1_000)
    ]
    scores = np.array([prediction.score for prediction in predictions])
    held = [p.low <= value <= p.high for p, value in zip(predictions, seen, strict=True)]
    assert np.abs(scores - seen).mean() < 0.5 * np.abs(seen.mean() - seen).mean()
    assert 0.84 <= np.mean(held) <= 0.96
    assert all(prediction.measure == "popularity" for prediction in predictions)
    assert not any(prediction.thin for prediction in predictions)


def test_neighbours_that_say_nothing_are_not_believed(make_catalogue: MakeCatalogue) -> None:
    apps, vectors = with_history(400)
    shuffled = np.random.default_rng(9).permutation(vectors)
    record = fit_track_record(make_catalogue(apps), shuffled)
    prediction = record.predict([(row, 0.99) for row in range(5)], category="Games")
    assert prediction.thin
    assert prediction.score == pytest.approx(record.prior("popularity").mean, abs=0.3)


def test_clicks_per_impression_are_taken_where_half_of_the_neighbours_have_them(
    make_catalogue: MakeCatalogue,
) -> None:
    clicked = [app(n, impressions=1_000, clicks=10 + n, rating_count=50) for n in range(20)]
    rated = [app(n, rating_count=50 + n) for n in range(20, 40)]
    record = fit_track_record(make_catalogue([*clicked, *rated]), circle(40)[0])
    for with_clicks, expected in ((10, "ctr"), (5, "ctr"), (4, "popularity")):
        rows = [*range(with_clicks), *range(20, 30 - with_clicks)]
        assert record.predict([(row, 0.9) for row in rows]).measure == expected


def test_a_rate_of_few_impressions_is_trusted_less(make_catalogue: MakeCatalogue) -> None:
    rng = Random(0)
    apps = [
        app(n, impressions=(count := 10 ** (1 + n % 5)), clicks=int(count * rng.uniform(0, 0.2)))
        for n in range(100)
    ]
    record = fit_track_record(make_catalogue(apps), circle(100)[0])
    weights = record.weights["ctr"].reshape(-1, 5)
    assert (np.diff(weights, axis=1) > 0).all()
    assert weights.max() < 1


def test_groups_come_from_the_catalogue_and_small_ones_are_shrunk(
    make_catalogue: MakeCatalogue,
) -> None:
    many = [app(n, category="Zebra care", rating_count=10_000) for n in range(300)]
    few = [app(n, category="Kazoo", rating_count=0) for n in range(300, 303)]
    paid = [app(n, category="Kazoo", rating_count=0, pricing=Pricing.PAID) for n in range(303, 304)]
    record = fit_track_record(make_catalogue([*many, *few, *paid]), circle(304)[0])
    mean = {
        category: record.prior("popularity", category=category, pricing="free").mean
        for category in ("Zebra care", "Kazoo")
    }
    assert mean["Zebra care"] == pytest.approx(4, abs=0.1)
    assert 1 < mean["Kazoo"] < mean["Zebra care"]
    segments = record.predict([(0, 0.9), (1, 0.9), (300, 0.5), (303, 0.5)]).segments
    assert {(one.category, one.pricing, one.neighbors, one.apps) for one in segments} == {
        ("Zebra care", "free", 2, 300),
        ("Kazoo", "free", 1, 3),
        ("Kazoo", "paid", 1, 1),
    }
    assert sum(one.share for one in segments) == pytest.approx(1)
    assert [one.share for one in segments] == sorted((s.share for s in segments), reverse=True)


@pytest.mark.parametrize(
    ("category", "pricing"),
    [
        pytest.param("Kazoo", None, id="a category the catalogue does not have"),
        pytest.param(None, None, id="nothing known"),
    ],
)
def test_an_unknown_group_has_the_prior_of_all_apps(
    make_catalogue: MakeCatalogue, category: str | None, pricing: str | None
) -> None:
    apps, vectors = with_history(50)
    record = fit_track_record(make_catalogue(apps), vectors)
    expected = record.expectations["popularity"].prior
    assert record.prior("popularity", category=category, pricing=pricing).mean == expected.mean


def test_two_stores_of_different_scales_are_put_on_one(make_catalogue: MakeCatalogue) -> None:
    rng = np.random.default_rng(0)
    level = rng.normal(0, 1, 200)
    small = [app(n, source="rated", rating_count=int(10 ** (2 + level[n]))) for n in range(200)]
    large = [
        app(n + 200, source="installed", installs=int(10 ** (5 + 2 * level[n]))) for n in range(200)
    ]
    record = fit_track_record(make_catalogue([*small, *large]), circle(400)[0])
    values = record.values["popularity"]
    assert values[:200].mean() == pytest.approx(values[200:].mean())
    assert values[:200].std() == pytest.approx(values[200:].std())
    assert np.corrcoef(values[:200], values[200:])[0, 1] > 0.95


def test_one_store_keeps_its_own_scale(make_catalogue: MakeCatalogue) -> None:
    record = fit_track_record(
        make_catalogue([app(n, rating_count=10**n - 1) for n in range(5)]), circle(5)[0]
    )
    assert record.values["popularity"] == pytest.approx([0, 1, 2, 3, 4])


def test_what_was_written_predicts_the_same(make_catalogue: MakeCatalogue, tmp_path: Path) -> None:
    apps, vectors = with_history(60)
    apps[3] = replace(apps[3], metadata=AppMetadata(name="bare"))
    catalogue = make_catalogue(apps)
    record = fit_track_record(catalogue, vectors)
    record.write(tmp_path / "record")
    again = TrackRecord.open(tmp_path / "record", catalogue)
    near = [(row, 0.9) for row in range(10)]
    assert again.predict(near, category="Games") == record.predict(near, category="Games")


@pytest.mark.filterwarnings("error")
def test_apps_that_all_perform_alike_are_predicted_to_do_so(make_catalogue: MakeCatalogue) -> None:
    record = fit_track_record(
        make_catalogue([app(n, rating_count=99) for n in range(9)]), circle(9)[0]
    )
    prediction = record.predict([(0, 0.9), (1, 0.8)])
    assert prediction.score == pytest.approx(2)
    assert prediction.high - prediction.low < 0.1


@pytest.mark.parametrize("known", [0, 1])
def test_without_a_history_nothing_is_predicted(make_catalogue: MakeCatalogue, known: int) -> None:
    apps = [app(n, rating_count=5 if n < known else None) for n in range(4)]
    record = fit_track_record(make_catalogue(apps), circle(4)[0])
    with pytest.raises(NoTrackRecord, match="no two apps"):
        record.predict([(0, 0.9)])


def test_neighbours_without_a_history_leave_the_prior(make_catalogue: MakeCatalogue) -> None:
    apps = [app(n, rating_count=100 if n < 10 else None) for n in range(12)]
    record = fit_track_record(make_catalogue(apps), circle(12)[0])
    prediction = record.predict([(10, 0.99), (11, 0.99)])
    assert prediction.evidence_count == 0
    assert prediction.thin
    assert prediction.segments == ()
