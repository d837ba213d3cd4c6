import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kindred.experiments.statistics.bandit import thompson_weights
from kindred.experiments.statistics.best_arm import probabilities_best
from kindred.experiments.statistics.posteriors import beta_posterior

ARMS = [beta_posterior(units=1000, conversions=count) for count in (100, 130, 110)]


@settings(deadline=None, max_examples=25)
@given(
    arms=st.lists(st.integers(0, 500), min_size=2, max_size=8),
    floor=st.floats(0, 0.125),
    seed=st.integers(0, 2**32),
)
def test_weights_sum_to_one_and_keep_the_floor(arms, floor, seed):
    posteriors = [beta_posterior(units=500, conversions=count) for count in arms]

    weights = thompson_weights(posteriors, rng=np.random.default_rng(seed), floor=floor)

    assert sum(weights) == pytest.approx(1, abs=1e-12)
    assert min(weights) >= floor - 1e-12


def test_the_same_seed_gives_the_same_weights():
    first, again = (thompson_weights(ARMS, rng=np.random.default_rng(1)) for _ in range(2))

    assert first == again


def test_weights_follow_the_chance_of_being_best():
    weights = thompson_weights(ARMS, rng=np.random.default_rng(1), floor=0)

    assert weights == pytest.approx(probabilities_best(ARMS), abs=0.015)


def test_a_floor_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match=r"given 0.4 for 3 arms, allowed 0 to 0.3333"):
        thompson_weights(ARMS, rng=np.random.default_rng(1), floor=0.4)
