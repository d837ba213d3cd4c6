"""The simulated experiment, and the click model that it stands on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from kindred.retraining.click_model import attraction, click_probability, describe, examination
from kindred.retraining.simulation import chances_of_clicks, simulate
from kindred.similarity.app import AppMetadata, Pricing

NOW = datetime(2026, 11, 21, tzinfo=UTC)
RUNNING = describe(
    AppMetadata(
        name="Run tracker", category="sports", pricing=Pricing.FREE, features=("gps", "maps")
    )
)
CHESS = describe(AppMetadata(name="Chess master", category="games", pricing=Pricing.PAID))


def test_what_is_alike_attracts_more_and_never_more_than_certainty():
    assert 0 < attraction(RUNNING, CHESS) < attraction(RUNNING, RUNNING) < 1


@pytest.mark.parametrize(
    ("changed", "left"),
    [
        pytest.param({"pricing": Pricing.PAID}, 0.3, id="paid for in another way"),
        pytest.param({"region": "eu"}, 0.5, id="made for another region"),
        pytest.param({"region": None, "pricing": None}, 1.0, id="not known"),
    ],
)
def test_an_app_that_is_not_for_them_attracts_fewer(changed, left):
    asked = AppMetadata(name="Run", category="sports", region="us", pricing=Pricing.FREE)
    alike = attraction(describe(asked), describe(asked))

    assert attraction(describe(asked), describe(replace(asked, **changed))) == left * alike


def test_what_stands_first_is_looked_at_most():
    looked = examination(10)

    assert looked[0] == 1.0
    assert np.all(np.diff(looked) < 0)
    assert click_probability(RUNNING, [RUNNING, CHESS]) > click_probability(
        RUNNING, [CHESS, RUNNING]
    )


def test_an_empty_list_is_never_clicked():
    assert click_probability(RUNNING, []) == 0.0


def test_a_worse_model_loses_and_a_better_one_passes(artefact, scrambled):
    worse = simulate(
        chances_of_clicks(artefact, scrambled, seed="r", queries=60), seed="r", now=NOW
    )
    better = simulate(
        chances_of_clicks(scrambled, artefact, seed="r", queries=60), seed="r", now=NOW
    )

    assert not worse.passed
    assert worse.treatment_rate < worse.control_rate
    assert better.passed
    assert better.outcome == "winner"


@pytest.mark.parametrize("seed", [f"run-{at}" for at in range(10)])
def test_the_same_model_twice_passes(seed):
    """Its own promise: at most one of twenty, however long the experiment goes on."""
    chances = np.tile(np.random.default_rng(1).uniform(0.1, 0.4, size=(50, 1)), 2)

    assert simulate(chances, seed=seed, now=NOW).passed


def test_a_run_that_is_repeated_sees_the_same_traffic(artefact, scrambled):
    once, again = (
        simulate(chances_of_clicks(artefact, scrambled, seed="r", queries=20), seed="r", now=NOW)
        for _ in range(2)
    )

    assert once == again


def test_without_queries_nothing_passes():
    simulation = simulate(np.empty((0, 2)), seed="r", now=NOW)

    assert not simulation.passed
    assert "nothing to ask" in simulation.reason
