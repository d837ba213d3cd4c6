"""What counts, once, and what is accounted for instead."""

from __future__ import annotations

import random
from datetime import timedelta, timezone

import pytest

from kindred.experiments.counting import Increment, count_portion
from kindred.experiments.events import Click, Exposure
from kindred.experiments.unit_state import MAX_METRICS, MAX_WAITING, UnitKey, to_json
from tests.unit.experiments.counted_events import START, conversion, counted, event_id, exposure


def test_a_portion_leaves_the_states_that_it_was_given():
    states = counted([exposure(1)])[1]
    before = to_json(states[UnitKey("e", "u")])

    count_portion([conversion(2)], states, max_items=100)

    assert to_json(states[UnitKey("e", "u")]) == before


def test_tenths_add_up_to_the_last_digit():
    totals, _ = counted([exposure(0), *(conversion(n, value=0.1) for n in range(1, 11))])

    cell = totals["a", "revenue", "2026-01-01", "-"]
    assert (cell.units, cell.events, cell.total, cell.squares) == (1, 10, 10**6, 10**12)


def test_the_first_exposure_fixes_variation_day_and_segments():
    totals, _ = counted(
        [
            exposure(1, segments={"os": "ios"}),
            exposure(2, hours=48, variation="b", segments={"os": "android"}),
            exposure(3, hours=49, variation="b"),
            conversion(4, hours=50),
        ]
    )

    assert totals["a", "-", "2026-01-01", "os=ios"].units == 1
    assert totals["a", "revenue", "2026-01-01", "-"].total == 10**6
    assert totals["!", "crossed", "-", "-"].units == 1
    assert {variation for variation, *_ in totals} == {"a", "!"}


@pytest.mark.parametrize(
    ("events", "quality"),
    [
        pytest.param([conversion(1)], {"unexposed": 1}, id="a unit that never was exposed"),
        pytest.param([conversion(1), exposure(2)], {}, id="its exposure comes later"),
        pytest.param([conversion(1, hours=0), exposure(2)], {}, id="both at one time"),
        pytest.param(
            [conversion(1, hours=0), exposure(2, hours=1)],
            {"unexposed": 1},
            id="it converted before it was exposed",
        ),
        pytest.param(
            [exposure(1, hours=1), conversion(2, hours=0)],
            {"unexposed": 1},
            id="the same, told in the other order",
        ),
        pytest.param(
            [exposure(1), conversion(2, variation="b")], {"crossed": 1}, id="converted elsewhere"
        ),
        pytest.param(
            [exposure(1, served="b"), exposure(2, variation="b")],
            {"mismatched": 1},
            id="served another variation",
        ),
        pytest.param(
            [conversion(1, variation="a", served="b")], {"mismatched": 1}, id="of a conversion"
        ),
        pytest.param([exposure(1, served="a")], {}, id="served what was assigned"),
        pytest.param(
            [exposure(1), *(conversion(n, metric=f"m{n}") for n in range(2, MAX_METRICS + 4))],
            {"refused": 2},
            id="more metrics than a unit has",
        ),
        pytest.param(
            [exposure(1), conversion(2, value=1e9), conversion(3, value=1e9)],
            {"refused": 1},
            id="a total beyond all bounds",
        ),
    ],
)
def test_what_is_not_counted_is_accounted_for(events, quality):
    totals, _ = counted(events)

    found = {
        metric: gain.units or gain.events
        for (variation, metric, *_), gain in totals.items()
        if variation == "!" and (gain.units or gain.events)
    }
    assert found == quality


def test_a_mismatched_unit_counts_once_its_exposure_is_right():
    totals, _ = counted(
        [
            exposure(1, variation="a", served="b"),
            conversion(2, variation="a", served="b"),
            exposure(3, variation="b", served="b"),
        ]
    )

    assert totals["!", "mismatched", "-", "-"] == Increment(units=1, events=2)
    assert {key for key in totals if key[0] != "!"} == {("b", "-", "2026-01-01", "-")}


def test_no_state_grows_without_bound():
    rng = random.Random(1)
    for first in ([], [exposure(0)]):
        events = [
            conversion(
                n, metric=f"{n % 200:064d}", value=rng.uniform(-1e9, 1e9), cross=("c" * 64,) * 8
            )
            for n in range(1, 2_000)
        ]
        state = counted([*first, *events])[1][UnitKey("e", "u")]

        assert len(state.waiting) <= MAX_WAITING
        assert len(state.totals) <= MAX_METRICS
        assert len(to_json(state)) < 20_000


def test_one_event_touches_at_most_88_items():
    segments = {str(n): "x" for n in range(3)}
    waiting = [conversion(n, metric=f"m{n}") for n in range(30)]
    portions = []
    states = {}
    for event in [*waiting, exposure(99, segments=segments)]:
        portion = count_portion([event], states, max_items=100)
        states.update(portion.states)
        portions.append(1 + len(portion.states) + len(portion.increments))

    assert max(portions) <= 88


def test_a_click_is_a_conversion_of_the_metric_click():
    click = Click(
        event_id=event_id(2), occurred_at=START, unit_id="u", experiment_id="e", app_id="app"
    )

    assert counted([exposure(1), click])[0]["a", "click", "2026-01-01", "-"].units == 1


def test_a_day_is_a_day_in_utc():
    east = exposure(1)
    late = Exposure(
        event_id=event_id(1),
        occurred_at=START.astimezone(timezone(timedelta(hours=9))),
        unit_id="u",
        experiment_id="e",
        variation="a",
    )

    assert late.occurred_at.day == 2
    assert counted([late])[0].keys() == counted([east])[0].keys()


def test_nothing_counts_as_nothing():
    assert count_portion([], {}, max_items=100).events == ()
