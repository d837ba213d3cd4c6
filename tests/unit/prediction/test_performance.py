"""Prediction: evidence pulls, the prior holds back, and the interval is honest about both."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kindred.prediction.performance import Evidence, Measure, Prior, predict

POPULARITY = Prior(
    measure="popularity",
    mean=2.0,
    strength=2.0,
    similarity_floor=0.2,
    spread=0.5,
    prior_spread=1.0,
    low_quantile=-1.6,
    high_quantile=1.7,
)
CTR = replace(POPULARITY, measure="ctr", mean=0.02, spread=0.2, prior_spread=0.4)


def neighbours(values: list[float], *, similarity: float = 0.8) -> list[Evidence]:
    return [
        Evidence(app_id=str(number), similarity=similarity, value=value)
        for number, value in enumerate(values)
    ]


measures = st.sampled_from(["ctr", "popularity"])
evidence = st.lists(
    st.builds(
        Evidence,
        app_id=st.just("x"),
        similarity=st.floats(-1, 1),
        value=st.floats(0, 1),
        weight=st.floats(0, 1),
    ),
    max_size=12,
)


@given(evidence=evidence, measure=measures, mean=st.floats(0, 1))
def test_the_interval_always_holds_the_score(
    evidence: list[Evidence], measure: Measure, mean: float
) -> None:
    prediction = predict(evidence, prior=replace(POPULARITY, measure=measure, mean=mean))
    assert prediction.low <= prediction.score <= prediction.high
    assert prediction.low >= 0
    assert prediction.high <= 1 or measure == "popularity"


@given(evidence=evidence.filter(bool), mean=st.floats(0, 1))
def test_the_score_lies_between_the_evidence_and_the_prior(
    evidence: list[Evidence], mean: float
) -> None:
    prediction = predict(evidence, prior=replace(POPULARITY, mean=mean))
    values = [mean, *(item.value for item in evidence)]
    assert min(values) - 1e-9 <= prediction.score <= max(values) + 1e-9


@given(
    value=st.floats(0, 6),
    fewer=st.integers(0, 20),
    more=st.integers(0, 20),
    measure=measures,
)
def test_more_of_the_same_evidence_pulls_further_and_narrows(
    value: float, fewer: int, more: int, measure: Measure
) -> None:
    assume(fewer < more)
    prior = CTR if measure == "ctr" else POPULARITY
    value = value / 10 if measure == "ctr" else value
    weak = predict(neighbours([value] * fewer), prior=prior)
    strong = predict(neighbours([value] * more), prior=prior)
    assert abs(strong.score - value) <= abs(weak.score - value) + 1e-9
    if measure == "popularity" and strong.low > 0 and weak.low > 0:
        assert strong.high - strong.low <= weak.high - weak.low


@given(strength=st.floats(0.1, 10), more=st.floats(0.1, 10))
def test_a_stronger_prior_is_nearer_to_its_mean(strength: float, more: float) -> None:
    given_evidence = neighbours([4.0, 5.0])
    weak = predict(given_evidence, prior=replace(POPULARITY, strength=strength))
    strong = predict(given_evidence, prior=replace(POPULARITY, strength=strength + more))
    assert abs(strong.score - 2.0) <= abs(weak.score - 2.0)


def test_the_formula_is_the_weighted_mean_drawn_to_the_prior() -> None:
    # Weights ((0.8-0.2)/0.8, (0.4-0.2)/0.8) = (0.75, 0.25); mean 3.5; (1 * 3.5 + 2 * 2) / 3.
    given_evidence = [
        Evidence(app_id="near", similarity=0.8, value=4.0),
        Evidence(app_id="far", similarity=0.4, value=2.0),
    ]
    prediction = predict(given_evidence, prior=POPULARITY)
    assert prediction.score == pytest.approx(2.5)
    # The prior is two thirds: variance 0.25 + 2/3 * 0.75.
    assert prediction.high == pytest.approx(2.5 + 1.7 * 0.75**0.5)
    assert prediction.low == pytest.approx(2.5 - 1.6 * 0.75**0.5)


@pytest.mark.parametrize(
    ("given_evidence", "thin", "count"),
    [
        pytest.param([], True, 0, id="no evidence is thin"),
        pytest.param(neighbours([3.0], similarity=0.1), True, 0, id="below the floor says nothing"),
        pytest.param(neighbours([3.0]), True, 1, id="less weight than the prior is thin"),
        pytest.param(neighbours([3.0] * 9), False, 9, id="more weight than the prior is not"),
    ],
)
def test_thin_evidence_is_called_thin(
    given_evidence: list[Evidence], thin: bool, count: int
) -> None:
    prediction = predict(given_evidence, prior=POPULARITY)
    assert (prediction.thin, prediction.evidence_count) == (thin, count)


def test_without_evidence_the_answer_is_the_prior_and_wide() -> None:
    nothing = predict([], prior=CTR)
    much = predict(neighbours([0.02] * 50), prior=CTR)
    assert nothing.score == pytest.approx(0.02)
    assert nothing.high - nothing.low > much.high - much.low


def test_evidence_of_no_weight_changes_nothing() -> None:
    untrusted = [replace(item, weight=0.0) for item in neighbours([9.0] * 5)]
    assert predict(untrusted, prior=POPULARITY).score == 2.0


def test_a_rate_stays_between_nought_and_one() -> None:
    for value in (0.0, 1.0):
        prediction = predict(neighbours([value] * 50), prior=CTR)
        assert 0 < prediction.low <= prediction.score <= prediction.high < 1
