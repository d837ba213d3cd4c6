from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kindred.experiments.daily_metrics import fold_windows

DAY = date(2026, 11, 20)


def window(start=0, **changes):
    return {
        "window_start": start,
        "requests_count": 10,
        "errors_count": 1,
        "impressions_count": 8,
        "clicks_count": 2,
        "conversions_count": 1,
        "revenue_usd": 2.5,
        "performance_count": 0,
        "satisfaction_count": 0,
        "avg_latency_ms": 20.0,
        "p99_latency_ms": 50.0,
        **changes,
    }


def test_counts_add_up_over_minutes_and_tasks():
    row = fold_windows("v1", DAY, [window(0), window(0), window(60)])

    assert (row.requests_count, row.errors_count, row.impressions_count) == (30, 3, 24)
    assert (row.clicks_count, row.conversions_count, row.revenue_usd) == (6, 3, 7.5)
    assert (row.windows_count, row.minutes_count) == (3, 2)
    assert row.ctr == 0.25


def test_means_weigh_each_window_by_what_it_counted():
    row = fold_windows(
        "v1",
        DAY,
        [
            window(requests_count=30, avg_latency_ms=10.0, p99_latency_ms=100.0),
            window(
                requests_count=10,
                avg_latency_ms=50.0,
                p99_latency_ms=300.0,
                performance_count=4,
                prediction_error=0.5,
            ),
        ],
    )

    assert row.avg_latency_ms == 20.0
    assert (row.p99_latency_ms, row.highest_p99_latency_ms) == (150.0, 300.0)
    assert row.prediction_error == 0.5


def test_a_day_of_which_nothing_is_known_is_no_day_of_zeros():
    row = fold_windows("v2", DAY, [])

    assert row.is_missing
    assert (row.ctr, row.avg_latency_ms, row.prediction_error) == (None, None, None)
    assert not fold_windows("v2", DAY, [window(requests_count=0)]).is_missing


@given(
    windows=st.lists(
        st.builds(
            window,
            start=st.integers(0, 5),
            avg_latency_ms=st.floats(0, 1e4),
            revenue_usd=st.floats(0, 1e6),
        ),
        max_size=12,
    ),
    shuffle=st.randoms(),
)
def test_the_order_of_the_windows_changes_nothing(windows, shuffle):
    first = fold_windows("v1", DAY, windows)
    shuffle.shuffle(windows)

    assert fold_windows("v1", DAY, windows) == first


@pytest.mark.parametrize("column", ["clicks_count", "revenue_usd"])
def test_a_window_that_lacks_a_column_adds_nothing_to_it(column):
    short = window()
    del short[column]

    assert getattr(fold_windows("v1", DAY, [short]), column) == 0
