"""What is judged to have drifted, on counts by hand and on the apps of 2018."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest

from kindred.drift.detection import (
    LEAST_OUTCOMES,
    LEAST_SAMPLES,
    PredictionError,
    drifts,
    growth,
)
from kindred.drift.distributions import Distributions
from kindred.drift.reference import Reference, reference_from_json

APPS = Path(__file__).parents[4] / "shared" / "data" / "google_play" / "apps.csv.gz"
RESAMPLES = 400


@pytest.fixture(scope="module")
def apps():
    if not APPS.is_file():
        pytest.skip(f"the apps of 2018 are not there: {APPS}")
    with gzip.open(APPS, "rt", encoding="utf-8", newline="") as rows:
        return Apps(list(csv.DictReader(rows)))


class Apps:
    """Columns of the apps as codes, so that a thousand weeks are drawn in a second."""

    def __init__(self, rows):
        self.rows = rows
        self.columns = {
            name: np.unique([row[name] for row in rows], return_inverse=True)
            for name in ("category", "type", "rating")
        }

    def week(self, at):
        counts = {
            name: {
                value.item(): int(count)
                for value, count in zip(values, np.bincount(codes[at]), strict=False)
                if count
            }
            for name, (values, codes) in self.columns.items()
        }
        rated = {float(value): count for value, count in counts.pop("rating").items() if value}
        return Distributions(categories=counts, measures={"rating": rated})

    def whole(self):
        return self.week(np.arange(len(self.rows)))

    def drawn(self, random, *, size, weights=None):
        shares = None if weights is None else np.array(weights) / sum(weights)
        return self.week(random.choice(len(self.rows), size=size, p=shares))


def found(reference, current):
    return {each.feature: each for each in drifts(reference, current)}


@pytest.mark.parametrize("size", [LEAST_SAMPLES, 2_000, 7_000], ids=lambda size: f"{size} queries")
def test_weeks_of_the_same_apps_hardly_ever_alarm(apps, size):
    """At 500 queries and more: at most one false alarm in a hundred weeks, over all features."""
    random, reference = np.random.default_rng(size), apps.whole()

    alarms = sum(
        any(each.is_alarming for each in drifts(reference, apps.drawn(random, size=size)))
        for _ in range(RESAMPLES)
    )

    assert alarms <= RESAMPLES / 100


def test_a_week_in_which_games_and_paid_apps_are_asked_for_alarms_every_time(apps):
    random, reference = np.random.default_rng(3), apps.whole()
    weights = [5.0 if app["category"] in ("GAME", "FAMILY") else 1.0 for app in apps.rows]

    seen = [found(reference, apps.drawn(random, size=2_000, weights=weights)) for _ in range(100)]

    assert all(each["category"].is_alarming for each in seen)
    assert min(each["category"].stability_index for each in seen) > 0.25


def test_a_week_of_badly_rated_apps_alarms_by_its_rating(apps):
    random, reference = np.random.default_rng(4), apps.whole()
    weights = [6.0 if 0 < float(app["rating"] or 0) < 4 else 1.0 for app in apps.rows]

    drift = found(reference, apps.drawn(random, size=2_000, weights=weights))

    assert drift["rating"].is_alarming
    assert drift["rating"].p_value < 1e-6


def test_a_small_window_is_not_judged():
    reference = Distributions(categories={"category": {"games": 10_000}})
    small = Distributions(categories={"category": {"tools": LEAST_SAMPLES - 1}})
    enough = Distributions(categories={"category": {"tools": LEAST_SAMPLES}})

    assert not found(reference, small)
    assert found(reference, enough)["category"].is_alarming


def test_a_shift_of_exactly_a_fifth_does_not_alarm():
    reference = Distributions(categories={"category": {"games": 600, "tools": 400}})
    current = Distributions(categories={"category": {"games": 800, "tools": 200}})

    drift = found(reference, current)["category"]

    assert drift.shift == pytest.approx(0.2)
    assert not drift.is_alarming


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param((0.10, 1_000), (0.16, 1_000), 0.6, id="an error that grows by 60 %"),
        pytest.param((0.10, 1_000), (0.05, 1_000), -0.5, id="an error that halves"),
        pytest.param((0.10, 1_000), (0.16, LEAST_OUTCOMES - 1), None, id="too few outcomes"),
        pytest.param((0.0, 1_000), (0.16, 1_000), None, id="a reference without errors"),
        pytest.param(None, (0.16, 1_000), None, id="no reference"),
        pytest.param((0.10, 1_000), None, None, id="no outcome at all"),
    ],
)
def test_growth_of_the_prediction_error(before, after, expected):
    errors = [
        PredictionError(mae=each[0], outcomes=each[1]) if each else None for each in (before, after)
    ]

    grown = growth(*errors)

    assert grown == (None if expected is None else pytest.approx(expected))


def test_a_reference_is_read_as_it_was_written():
    reference = Reference(
        source="a test",
        distributions=Distributions(
            categories={"category": {"": 2, "Spiele": 3}}, measures={"rating": {4.5: 7}}
        ),
        error=PredictionError(mae=0.1, outcomes=200),
    )

    assert reference_from_json(reference.to_json()) == reference


@pytest.mark.parametrize("text", ["[]", "{}", "no JSON", '{"source": "x", "categories": 1}'])
def test_what_is_no_reference_is_refused(text):
    with pytest.raises(ValueError, match=r"reference of drift|Expecting"):
        reference_from_json(text)
