"""Units are counted exactly, whatever the batches in which their events come."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kindred.experiments.counting import Increment
from kindred.experiments.events import Conversion, Exposure
from kindred.experiments.unit_state import from_json, to_json
from tests.unit.experiments.counted_events import add, conversion, counted, event_id, exposure

# Seconds a file.
pytestmark = pytest.mark.slow

METRICS = ("clicks", "orders", "revenue")

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
