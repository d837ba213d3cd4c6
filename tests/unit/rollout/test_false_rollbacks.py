"""Whole deployments, simulated: a smaller run of `make bench-rollout`."""

import numpy as np
import pytest

from benchmarks.rollout import GOOD, THREE_PERCENT, missed, row
from benchmarks.rollout_simulation import MINUTES, Canary, simulate

GOOD_NAME = next(iter(GOOD))


def simulated(canary, requests, runs, counted=0, seed=3):
    rng = np.random.default_rng(seed)
    return simulate(canary, requests=requests, runs=runs, rng=rng, counted=counted)


@pytest.mark.slow
@pytest.mark.parametrize("requests", [20, 100])
def test_a_good_canary_is_rolled_back_in_less_than_one_of_a_hundred_deployments(requests):
    found = row(GOOD_NAME, requests, simulated(Canary(), requests, runs=400, counted=2))

    assert missed([found]) == []
    assert found["seed: rolled back"] > 0.25


@pytest.mark.slow
@pytest.mark.parametrize("requests", [100, 300, 1_000])
def test_three_percent_errors_are_caught_within_ten_minutes(requests):
    found = row(
        THREE_PERCENT, requests, simulated(Canary(error_rate=0.03), requests, runs=400, counted=2)
    )

    assert missed([found]) == []
    assert found["rolled back"] == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("slowdown", "latest"), [pytest.param(1.5, MINUTES, id="1.5x"), pytest.param(3, 5, id="3x")]
)
@pytest.mark.parametrize("requests", [20, 100])
def test_a_slow_canary_is_rolled_back(slowdown, latest, requests):
    simulation = simulated(Canary(slowdown=slowdown), requests, runs=200)

    assert all(
        deployment.rolled_back_at is not None and deployment.rolled_back_at < latest
        for deployment in simulation.deployments
    )


def test_with_thin_traffic_most_checks_are_inconclusive():
    simulation = simulated(Canary(), 20, runs=5, counted=5)

    assert simulation.verdicts["inconclusive"] > 0.8 * simulation.verdicts.total()
    assert simulation.verdicts["fail"] == simulation.verdicts["no_data"] == 0


@pytest.mark.parametrize("canary", [Canary(error_rate=0.02), Canary(slowdown=1.5, onset=15)])
def test_looking_at_the_end_of_a_bake_finds_what_looking_every_minute_does(canary):
    seldom, always = (simulated(canary, 100, runs=10, counted=counted) for counted in (0, 10))

    # The draws of a deployment depend on those before it, and they are the same in both.
    assert [each.rolled_back_at for each in seldom.deployments] == [
        each.rolled_back_at for each in always.deployments
    ]


def test_the_seed_rolls_back_at_the_second_check_running():
    simulation = simulated(Canary(error_rate=0.9, onset=30), 1_000, runs=3)

    assert simulation.seed_by_errors.tolist() == [31] * 3
    assert simulation.seed_by_latency.tolist() == [MINUTES] * 3


def test_a_mark_that_was_missed_is_said():
    rows = [
        {"canary": GOOD_NAME, "requests": 50, "rolled back": 0.02, "within 10": 0.0},
        {"canary": THREE_PERCENT, "requests": 100, "rolled back": 1.0, "within 10": 0.98},
        {"canary": THREE_PERCENT, "requests": 50, "rolled back": 1.0, "within 10": 0.5},
    ]

    assert missed(rows) == [
        f"{GOOD_NAME}, 50 requests: 2.00% false rollbacks, wanted at most 1%",
        "3 % errors, 100 requests: 98.00% caught within 10 windows, wanted at least 99%",
    ]
