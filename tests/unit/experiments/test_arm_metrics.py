import pytest
from hypothesis import given
from hypothesis import strategies as st

from kindred.experiments.arm_metrics import ArmWindow, Outcome, ServedRequest, window_start
from kindred.experiments.latency_histogram import LatencyHistogram


def request(**changes):
    values = {
        "experiment_id": "e",
        "arm": "v1",
        "new_unit": False,
        "operation": "find_similar",
        "latency_ms": 10.0,
        "failed": False,
        "at": 0,
    }
    return ServedRequest(**values | changes)


def outcome(kind, value=1.0):
    return Outcome(
        event_id=f"{kind}-{value}", kind=kind, experiment_id="e", arm="v1", value=value, at=0
    )


def test_a_window_adds_up_requests_and_outcomes():
    window = ArmWindow(window_start=60, experiment_id="e", arm="v1")
    for served in [request(), request(), request(failed=True), request(operation="predict")]:
        window.add_request(served)
    values = window.with_outcomes(
        [
            outcome("click"),
            outcome("performance", 0.25),
            outcome("performance", 0.75),
            outcome("conversion", 2.5),
            outcome("satisfaction", 4),
        ]
    ).values()

    assert values["requests_count"] == 4
    assert values["errors_count"] == 1
    assert values["ctr"] == 0.5
    assert values["prediction_error"] == 0.5
    assert values["revenue_usd"] == 2.5
    assert values["satisfaction_score"] == 4


def test_refused_outcomes_leave_the_window_as_it_was():
    window = ArmWindow(window_start=60, experiment_id="e", arm="v1")

    window.with_outcomes([outcome("click")])

    assert window.values()["clicks_count"] == 0


def test_rates_without_a_denominator_are_left_out():
    assert not {"ctr", "prediction_error", "satisfaction_score"} & set(
        ArmWindow(window_start=0, experiment_id="e", arm="v2").values()
    )


@given(st.lists(st.floats(min_value=0.01, max_value=60_000), min_size=1, max_size=200))
def test_p99_is_within_two_percent_above_the_true_one(latencies):
    histogram = LatencyHistogram()
    for latency in latencies:
        histogram.add(latency)
    true = sorted(latencies)[-(-len(latencies) * 99 // 100) - 1]

    assert true * 0.999999 <= histogram.percentile_ms(99) <= true * 1.0200001


@pytest.mark.parametrize(("at", "start"), [(0, 0), (59.9, 0), (60, 60), (1729360042.5, 1729360020)])
def test_windows_start_on_whole_minutes(at, start):
    assert window_start(at, window_seconds=60) == start
