"""What was counted is read by variation, metric, day and segment."""

from __future__ import annotations

from datetime import date

from kindred.experiments.counts import Cell, Counts, Tally
from kindred.experiments.counts_json import counts_json

MONDAY, TUESDAY, FRIDAY = date(2026, 1, 5), date(2026, 1, 6), date(2026, 1, 9)
COUNTS = Counts(
    cells={
        Cell("a", "-", MONDAY): Tally(units=10, covariate_total=1.5),
        Cell("a", "-", TUESDAY): Tally(units=20, covariate_total=0.25),
        Cell("a", "-", FRIDAY): Tally(units=5),
        Cell("a", "-", MONDAY, "os=ios"): Tally(units=4),
        Cell("a", "orders", TUESDAY): Tally(units=3, total=4.0, squares=6.0, events=4),
        Cell("b", "-", MONDAY): Tally(units=9),
    },
    products={
        Cell("a", "clicks*orders", MONDAY): 2.0,
        Cell("a", "clicks*orders", FRIDAY): 3.0,
    },
    quality={"crossed": 1},
)


def test_days_add_up():
    assert COUNTS.exposed("a") == Tally(units=35, covariate_total=1.75)
    assert COUNTS.exposed("a", up_to=TUESDAY) == Tally(units=30, covariate_total=1.75)
    assert COUNTS.exposed("a", day=TUESDAY).units == 20


def test_a_segment_stands_beside_the_whole():
    assert COUNTS.exposed("a", segment="os=ios").units == 4
    assert COUNTS.segments == ("os=ios",)


def test_what_never_happened_counts_nothing():
    assert COUNTS.metric("b", "orders") == Tally()
    assert COUNTS.exposed("c", day=FRIDAY) == Tally()
    assert COUNTS.product("b", "orders", "clicks") == 0


def test_a_product_has_no_order():
    assert COUNTS.product("a", "orders", "clicks") == COUNTS.product("a", "clicks", "orders") == 5
    assert COUNTS.product("a", "orders", "clicks", up_to=TUESDAY) == 2


def test_what_there_is_can_be_listed():
    assert COUNTS.variations == ("a", "b")
    assert COUNTS.metrics == ("orders",)
    assert COUNTS.days == (MONDAY, TUESDAY, FRIDAY)


def test_counts_can_be_checked_by_others():
    assert counts_json(COUNTS) == {
        "a": {
            "units": 35,
            "exposures": 0,
            "metrics": {"orders": {"units": 3, "total": 4.0, "squares": 6.0, "events": 4}},
        },
        "b": {
            "units": 9,
            "exposures": 0,
            "metrics": {"orders": {"units": 0, "total": 0.0, "squares": 0.0, "events": 0}},
        },
    }
