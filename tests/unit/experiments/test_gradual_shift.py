import itertools
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kindred.experiments.daily_metrics import DailyMetrics
from kindred.experiments.gradual_shift import LADDERS, Shift, advance, has_news

FIRST = date(2026, 11, 1)


def day_rows(**clicks):
    return {
        arm: DailyMetrics(
            arm=arm,
            day=FIRST,
            windows_count=10,
            requests_count=20_000,
            impressions_count=20_000,
            clicks_count=clicks.get(arm, 500),
        )
        for arm in ("v1", "v2", "v3")
    }


def decided(outcome="winner", winner="v2"):
    return SimpleNamespace(outcome=outcome, winner=winner, reasons=("because",), warnings=())


def run(shift, days, rows=None, decision=None, first=FIRST, ladder="tenths"):
    """The shift after each of `days` consecutive runs."""
    states = []
    for offset in range(days):
        shift = advance(
            shift,
            day=first + timedelta(days=offset),
            rows=day_rows() if rows is None else rows,
            decision=decision or decided(),
            ladder=LADDERS[ladder],
        )
        states.append(shift)
    return states


def test_a_retrained_model_goes_from_a_tenth_to_a_half_to_everything():
    shift = Shift(control_weight=0.9, arms=("v2", "v3"))
    states = run(shift, 4, decision=decided(winner="v3"), ladder="halves")

    assert [(state.stage, round(1 - state.control_weight, 2)) for state in states] == [
        ("watching", 0.5),
        ("watching", 0.5),
        ("watching", 0.5),
        ("promoted", 1.0),
    ]


def test_a_retrained_model_that_loses_goes_back_to_its_tenth():
    shift = Shift(control_weight=0.9, arms=("v2", "v3"))
    (half,) = run(shift, 1, decision=decided(winner="v3"), ladder="halves")

    (after,) = run(half, 1, rows=day_rows(v3=100), first=FIRST + timedelta(days=1), ladder="halves")

    assert (after.stage, after.control_weight) == ("rolled_back", 0.9)
    assert "back to 90" in after.reason
    assert "for v2" in after.reason


def test_a_winner_gets_a_tenth_a_day_then_is_watched_then_gets_everything():
    states = run(Shift(control_weight=0.5), 7)

    assert [(state.stage, round(1 - state.control_weight, 2)) for state in states] == [
        ("shifting", 0.6),
        ("shifting", 0.7),
        ("shifting", 0.8),
        ("watching", 0.9),
        ("watching", 0.9),
        ("watching", 0.9),
        ("promoted", 1.0),
    ]


def test_the_control_may_win_too():
    states = run(Shift(control_weight=0.5), 7, decision=decided(winner="v1"))

    assert [state.control_weight for state in states] == [0.6, 0.7, 0.8, 0.9, 0.9, 0.9, 1.0]


def test_a_second_run_on_the_same_day_changes_nothing():
    (once,) = run(Shift(control_weight=0.5), 1)
    (twice,) = run(once, 1)

    assert twice is once
    assert advance(once, day=FIRST - timedelta(days=1), rows=day_rows(), decision=None) is once


@pytest.mark.parametrize("days", [1, 3, 4, 6], ids=lambda days: f"on day {days + 1}")
def test_a_regression_takes_everything_back_whenever_it_comes(days):
    *_, shift = run(Shift(control_weight=0.5), days)

    after = advance(shift, day=FIRST + timedelta(days=days), rows=day_rows(v2=300), decision=None)

    assert (after.stage, after.control_weight) == ("rolled_back", 0.5)
    assert "v2 did worse: click rate 1.5 % beside 2.5 %" in after.reason


def test_what_was_rolled_back_or_promoted_stays_so():
    for stage in ("rolled_back", "promoted"):
        over = Shift(stage=stage, control_weight=0.5, winner="v2", day=FIRST)

        assert advance(over, day=FIRST + timedelta(days=9), rows=day_rows(), decision=None) is over


def test_a_day_without_metrics_neither_moves_anything_nor_counts_as_stable():
    states = run(Shift(control_weight=0.5), 5)
    held = advance(states[-1], day=FIRST + timedelta(days=5), rows={}, decision=None)
    after = run(held, 2, first=FIRST + timedelta(days=6))

    assert (held.stage, held.control_weight, held.stable_days) == (
        "no_data",
        states[-1].control_weight,
        1,
    )
    assert "no metrics of the day before for v1 and v2" in held.reason
    assert [state.stage for state in after] == ["watching", "promoted"]


def test_an_arm_that_is_known_to_have_counted_nothing_is_missing_too():
    rows = {**day_rows(), "v2": DailyMetrics(arm="v2", day=FIRST)}

    (after,) = run(Shift(control_weight=0.5), 1, rows=rows)

    assert (after.stage, after.control_weight) == ("no_data", 0.5)
    assert "for v2:" in after.reason


@pytest.mark.parametrize("outcome", ["keep_running", "no_winner", "blocked"])
def test_without_a_winner_nothing_moves_and_the_reason_is_kept(outcome):
    (after,) = run(Shift(control_weight=0.5), 1, decision=decided(outcome, None))

    assert (after.stage, after.control_weight, after.reason) == (outcome, 0.5, "because")


def test_a_winner_that_has_more_than_nine_tenths_already_is_watched_as_it_is():
    states = run(Shift(control_weight=0.05), 4)

    assert [(state.stage, state.control_weight) for state in states] == [
        ("watching", 0.05),
        ("watching", 0.05),
        ("watching", 0.05),
        ("promoted", 0.0),
    ]


def test_each_state_is_news_once():
    states = [Shift(control_weight=0.5), *run(Shift(control_weight=0.5), 7)]
    news = [has_news(one, other) for one, other in itertools.pairwise(states)]

    assert news == [True, True, True, True, False, False, True]
    assert has_news(None, states[0])


@given(
    control_weight=st.integers(0, 100).map(lambda percent: percent / 100),
    winner=st.sampled_from(["v1", "v2"]),
    days=st.integers(1, 20),
)
def test_weights_move_by_at_most_a_tenth_until_the_end_and_in_whole_percents(
    control_weight, winner, days
):
    start = Shift(control_weight=control_weight)
    states = [start, *run(start, days, decision=decided(winner=winner))]

    for one, other in itertools.pairwise(states):
        move = round(abs(other.control_weight - one.control_weight), 9)
        assert 0 <= other.control_weight <= 1
        assert move <= 0.1 or other.stage == "promoted"
        assert round(other.control_weight * 100, 9).is_integer()
        assert (other.control_weight >= one.control_weight) == (winner == "v1") or move == 0
