import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kindred.experiments.statistics import best_arm
from kindred.experiments.statistics.best_arm import expected_losses, probabilities_best
from kindred.experiments.statistics.posteriors import Beta, Normal, beta_posterior

REFERENCES = [
    pytest.param((49, 100), (51, 100), 0.610770522688, (0.038724304339, 0.019116461202), id="49"),
    pytest.param(
        (100, 1000), (130, 1000), 0.982165066118, (0.0300324943, 9.2374492e-05), id="100 of 1000"
    ),
    pytest.param((235, 10_000), (247, 10_000), 0.709755272924, None, id="235 of 10,000"),
]

counts = st.integers(1, 2_000).flatmap(
    lambda units: st.tuples(st.integers(0, units), st.just(units))
)


def posteriors(*arms):
    return [beta_posterior(conversions=conversions, units=units) for conversions, units in arms]


@pytest.mark.parametrize(("control", "treatment", "better", "losses"), REFERENCES)
def test_two_arms_have_the_reference_values(control, treatment, better, losses):
    arms = posteriors(control, treatment)

    assert probabilities_best(arms)[1] == pytest.approx(better, abs=6e-13)
    if losses:
        assert expected_losses(arms) == pytest.approx(losses, rel=6e-9)


@pytest.mark.parametrize(("control", "treatment", "better", "losses"), REFERENCES)
def test_quadrature_agrees_with_the_closed_form_to_nine_digits(
    control, treatment, better, losses, monkeypatch
):
    monkeypatch.setattr(best_arm, "_CLOSED_FORM_TERMS", 0)
    arms = posteriors(control, treatment)

    assert probabilities_best(arms)[1] == pytest.approx(better, abs=5e-10)
    if losses:
        assert expected_losses(arms) == pytest.approx(losses, abs=5e-10)


def test_a_large_experiment_has_the_reference_value():
    arms = posteriors((17_489, 145_274), (17_264, 145_310))

    assert probabilities_best(arms)[1] == pytest.approx(0.0949, abs=5e-5)


@settings(deadline=None, max_examples=50)
@given(st.lists(counts, min_size=2, max_size=6))
def test_probabilities_sum_to_one_and_losses_are_not_negative(arms):
    arms = posteriors(*arms)

    assert sum(probabilities_best(arms)) == pytest.approx(1, abs=1e-9)
    assert min(expected_losses(arms)) >= 0


@settings(deadline=None, max_examples=30)
@given(st.lists(counts, min_size=3, max_size=4))
def test_the_order_of_the_arms_does_not_matter(arms):
    chances = probabilities_best(posteriors(*arms))

    for order in itertools.permutations(range(len(arms))):
        shuffled = probabilities_best(posteriors(*(arms[index] for index in order)))
        assert shuffled == pytest.approx([chances[index] for index in order], abs=1e-9)


@settings(deadline=None, max_examples=50)
@given(counts, counts)
def test_more_conversions_never_make_an_arm_less_likely_to_be_best(one, other):
    conversions, units = other
    if conversions == units:
        conversions -= 1

    less, more = (
        probabilities_best(posteriors(one, (conversions + extra, units)))[1] for extra in (0, 1)
    )

    assert more >= less - 1e-9


def test_three_arms_agree_with_a_simulation():
    arms = posteriors((100, 1000), (130, 1000), (125, 950))
    rng = np.random.default_rng(7)
    drawn = np.array([arm.draw(rng, 400_000) for arm in arms])
    wins = np.bincount(drawn.argmax(axis=0), minlength=3) / 400_000
    short = (drawn.max(axis=0) - drawn).mean(axis=1)

    assert probabilities_best(arms) == pytest.approx(wins, abs=0.003)
    assert expected_losses(arms) == pytest.approx(short, abs=5e-5)


def test_arms_far_apart_and_of_very_different_sizes_are_told_apart():
    arms = [beta_posterior(units=30, conversions=3), Beta(900_000, 100_000), Beta(1, 1_000_000)]

    assert probabilities_best(arms) == pytest.approx((0, 1, 0), abs=1e-6)
    assert expected_losses(arms)[2] == pytest.approx(0.9, abs=1e-5)


def test_means_are_compared_by_their_normal_posteriors():
    arms = [Normal(10.0, 0.3), Normal(10.5, 0.4)]  # one deviation apart

    assert probabilities_best(arms)[1] == pytest.approx(0.8413447460685429, abs=1e-9)
    assert expected_losses(arms)[1] == pytest.approx(0.5 * 0.08331547058768628, abs=1e-9)


def test_more_conversions_than_units_are_refused():
    with pytest.raises(ValueError, match="given 11, allowed 0 to 10"):
        beta_posterior(units=10, conversions=11)
