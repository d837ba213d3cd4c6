"""Units are counted exactly, whatever the batches in which their events come."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kindred.experiments.counting import Increment, count_portion
from kindred.experiments.events import Click, Conversion, Exposure
from kindred.experiments.unit_state import (
    MAX_METRICS,
    MAX_WAITING,
    UnitKey,
    from_json,
    to_json,
)

START = datetime(2026, 1, 1, 22, tzinfo=UTC)
METRICS = ("clicks", "orders", "revenue")


def event_id(number):
    return f"event-{number:016d}"


def exposure(number, unit="u", hours=0, variation="a", **fields):
    return Exposure(
        event_id=event_id(number),
        occurred_at=START + timedelta(hours=hours),
        unit_id=unit,
        experiment_id="e",
        variation=variation,
        **fields,
    )


def conversion(number, unit="u", hours=1, metric="revenue", value=1.0, **fields):
    return Conversion(
        event_id=event_id(number),
        occurred_at=START + timedelta(hours=hours),
        unit_id=unit,
        experiment_id="e",
        metric=metric,
        value=value,
        **fields,
    )


def counted(events, max_items=100):
    """Counters after all of them, and the units' states."""
    states, totals = {}, defaultdict(Increment)
    while events:
        portion = count_portion(events, states, max_items=max_items)
        assert portion.events == tuple(events[: len(portion.events)])
        touched = len(portion.events) + len(portion.states) + len(portion.increments)
        assert touched <= max(max_items, 88)
        states.update(portion.states)
        for counter, gain in portion.increments.items():
            add(totals[counter[1:]], gain)
        events = events[len(portion.events) :]
    return dict(totals), states


def add(total, gain):
    for name in Increment.__slots__:
        if name != "products":
            setattr(total, name, getattr(total, name) + getattr(gain, name))
    for other, product in gain.products.items():
        total.products[other] = total.products.get(other, 0) + product


values = st.floats(-1e6, 1e6).map(lambda value: round(value, 6))
units = st.sampled_from(["u", "v", "w", "x"])
exposures = st.builds(
    exposure,
    st.just(0),
    units,
    st.integers(0, 60),
    st.sampled_from("ab"),
    segments=st.dictionaries(st.sampled_from(["os", "plan"]), st.sampled_from("xy"), max_size=2),
    covariate=st.none() | values,
    served=st.none() | st.sampled_from("ab"),
)
conversions = st.builds(
    conversion,
    st.just(0),
    units,
    st.integers(0, 60),
    st.sampled_from(METRICS),
    values,
    cross=st.just(METRICS),
)
streams = st.lists(exposures | conversions, max_size=40).map(
    lambda events: [
        type(event)(
            **{
                **{name: getattr(event, name) for name in event.__struct_fields__},
                "event_id": event_id(number),
            }
        )
        for number, event in enumerate(events)
    ]
)


def directly(events):
    """The same counts by the definition: unit by unit, once all of its events are known."""
    cells = defaultdict(Increment)
    histories = defaultdict(list)
    for event in events:
        if event.served is None or event.served == event.variation:
            histories[event.unit_id].append(event)
    for history in histories.values():
        shown = [event for event in history if isinstance(event, Exposure)]
        if not shown:
            continue
        first = shown[0]
        day = first.occurred_at.date().isoformat()
        covariate = Fraction(repr(first.covariate or 0))
        totals = defaultdict(list)
        for event in history:
            if isinstance(event, Conversion) and event.occurred_at >= first.occurred_at:
                totals[event.metric].append(Fraction(repr(event.value)))
        for segment in ("-", *(f"{name}={value}" for name, value in first.segments.items())):
            cell = cells[first.variation, "-", day, segment]
            cell.units += 1
            cell.events += len(shown)
            cell.covariate_total += covariate * 10**6
            cell.covariate_squares += covariate**2 * 10**12
            for metric, amounts in totals.items():
                cell = cells[first.variation, metric, day, segment]
                cell.units += 1
                cell.events += len(amounts)
                cell.total += sum(amounts) * 10**6
                cell.squares += sum(amounts) ** 2 * 10**12
                cell.covariate_product += covariate * sum(amounts) * 10**12
            for a, b in combinations(sorted(totals), 2):
                products = cells[first.variation, a, day, segment].products
                product = sum(totals[a]) * sum(totals[b]) * 10**12
                products[b] = products.get(b, 0) + product
    return cells


def paired(totals):
    """Products of two metrics under the first of them, as `directly` gives them."""
    plain = defaultdict(Increment)
    for (variation, metric, day, segment), gain in totals.items():
        if variation == "!":
            continue
        cell = plain[variation, metric, day, segment]
        add(cell, Increment(**{n: getattr(gain, n) for n in Increment.__slots__[:-1]}))
        for other, product in gain.products.items():
            a, b = sorted((metric, other))
            products = plain[variation, a, day, segment].products
            products[b] = products.get(b, 0) + product
    return plain


@settings(max_examples=200, deadline=None)
@given(streams, st.integers(1, 100))
def test_counts_equal_a_direct_count_however_the_stream_is_cut(events, max_items):
    assert paired(counted(events, max_items)[0]) == directly(events)


@settings(max_examples=100, deadline=None)
@given(streams, st.randoms(use_true_random=False))
def test_only_the_order_of_one_unit_matters(events, shuffled):
    """A stream keeps the order of a partition key; shards come in any."""
    by_unit = defaultdict(list)
    for event in events:
        by_unit[event.unit_id].append(event)
    turns = [unit for unit, own in by_unit.items() for _ in own]
    shuffled.shuffle(turns)
    waiting = {unit: iter(own) for unit, own in by_unit.items()}

    assert counted([next(waiting[unit]) for unit in turns])[0] == counted(events)[0]


@settings(max_examples=100, deadline=None)
@given(streams)
def test_days_and_the_values_of_a_segment_add_up_to_the_whole(events):
    totals = counted(events)[0]
    for name in ("os", "plan"):
        everybody = [
            Exposure(
                **{
                    **{field: getattr(event, field) for field in event.__struct_fields__},
                    "segments": {name: event.segments.get(name, "none")},
                }
            )
            if isinstance(event, Exposure)
            else event
            for event in events
        ]
        parts, whole = defaultdict(Increment), defaultdict(Increment)
        for (variation, metric, _, segment), gain in counted(everybody)[0].items():
            if variation != "!":
                add((whole if segment == "-" else parts)[variation, metric], gain)
        assert parts == whole
        days = defaultdict(Increment)
        for (variation, metric, _, segment), gain in totals.items():
            if segment == "-" and variation != "!":
                add(days[variation, metric], gain)
        assert days == whole


@settings(max_examples=50, deadline=None)
@given(streams)
def test_a_state_is_remembered_as_it_was(events):
    for state in counted(events)[1].values():
        assert from_json(to_json(state), revision=state.revision) == state


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
