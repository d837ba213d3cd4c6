from datetime import date

import pytest

from kindred.experiments.daily_metrics import DailyMetrics
from kindred.experiments.regressions import regressions


def row(arm, **changes):
    values = {
        "windows_count": 100,
        "requests_count": 20_000,
        "errors_count": 20,
        "impressions_count": 18_000,
        "clicks_count": 450,
        "performance_count": 500,
        "avg_latency_ms": 20.0,
        "p99_latency_ms": 60.0,
        "prediction_error": 0.10,
    }
    return DailyMetrics(arm=arm, day=date(2026, 11, 20), **values | changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({}, (), id="the same is no regression"),
        pytest.param({"clicks_count": 350}, ("click rate 1.94 %",), id="fewer clicks"),
        pytest.param({"clicks_count": 430}, (), id="a few clicks fewer may be chance"),
        pytest.param(
            {"clicks_count": 0, "impressions_count": 100_000}, ("click rate 0 %",), id="no clicks"
        ),
        pytest.param({"clicks_count": 600}, (), id="more clicks are welcome"),
        pytest.param({"errors_count": 60}, ("errors 0.3 %",), id="more errors"),
        pytest.param({"errors_count": 28}, (), id="a few errors more may be chance"),
        pytest.param({"errors_count": 20_000}, ("errors 100 %",), id="nothing but errors"),
        pytest.param({"p99_latency_ms": 73.0}, ("p99 latency 73.0 ms",), id="slower by a fifth"),
        pytest.param({"p99_latency_ms": 71.0}, (), id="a little slower"),
        pytest.param({"prediction_error": 0.12}, ("prediction error 0.12",), id="less exact"),
        pytest.param(
            {"prediction_error": 0.2, "performance_count": 99}, (), id="too few to be called less"
        ),
        pytest.param(
            {"clicks_count": 300, "errors_count": 90},
            ("click rate", "errors"),
            id="two at once are both said",
        ),
    ],
)
def test_a_regression_is_what_is_surely_or_clearly_worse(changes, words):
    found = regressions(row("v2", **changes), row("v1"))

    assert len(found) == len(words)
    assert all(said.startswith(start) for said, start in zip(found, words, strict=True))


def test_with_few_requests_a_window_the_mean_latency_is_compared():
    """The p99 of few requests is their slowest, and rises with an arm's traffic alone."""
    quiet = {"requests_count": 900, "windows_count": 300, "errors_count": 0}
    other = row("v1", **quiet)

    assert regressions(row("v2", p99_latency_ms=200.0, **quiet), other) == ()
    assert regressions(row("v2", avg_latency_ms=25.0, **quiet), other) == (
        "mean latency 25.0 ms beside 20.0 ms",
    )


def test_of_a_handful_of_requests_the_latency_says_nothing():
    few = {"requests_count": 90, "windows_count": 60, "errors_count": 0}

    assert regressions(row("v2", avg_latency_ms=30.0), row("v1", **few)) == ()


def test_an_arm_without_requests_is_compared_to_nothing():
    assert regressions(row("v2"), DailyMetrics(arm="v1", day=date(2026, 11, 20))) == ()
