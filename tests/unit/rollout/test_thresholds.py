from dataclasses import fields

import pytest

from kindred.rollout.thresholds import InvalidThresholds, Thresholds


def test_the_seeds_limits_are_the_defaults():
    plain = Thresholds()

    assert (plain.p99_latency_ms, plain.error_rate) == (100, 0.01)
    assert (plain.latency_ratio, plain.error_rate_difference) == (2, 0.05)
    assert (plain.latency_checks, plain.error_checks) == (3, 2)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param({"error_rate": 0}, "error_rate: given 0, allowed 0.0001 to 0.5", id="zero"),
        pytest.param({"error_rate": 1.5}, "error_rate: given 1.5, allowed", id="above one"),
        pytest.param(
            {"p99_latency_ms": float("nan")}, "p99_latency_ms: given nan, allowed", id="no number"
        ),
        pytest.param(
            {"p99_latency_ms": "100"}, "p99_latency_ms: given '100', allowed a number", id="text"
        ),
        pytest.param(
            {"minimum_requests": True}, "minimum_requests: given True, allowed a whole", id="truth"
        ),
        pytest.param(
            {"minimum_requests": 9.5}, "minimum_requests: given 9.5, allowed a whole", id="half one"
        ),
        pytest.param(
            {"promotion_requests": 99},
            "promotion_requests: given 99, allowed 100 to 1,000,000",
            id="fewer than one check has",
        ),
        pytest.param(
            {"latency_checks": 4}, "latency_checks: given 4, allowed 1 to 3", id="more than of all"
        ),
    ],
)
def test_a_threshold_out_of_bounds_is_refused(given, message):
    with pytest.raises(InvalidThresholds) as refused:
        Thresholds(**given)

    assert message in str(refused.value)


def test_every_threshold_is_bounded():
    for each in fields(Thresholds):
        with pytest.raises(InvalidThresholds, match=f"{each.name}: given"):
            Thresholds(**{each.name: -1})
