"""Events of one experiment, and what becomes of them a portion at a time."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta

from kindred.experiments.counting import Increment, count_portion
from kindred.experiments.events import Conversion, Exposure

START = datetime(2026, 1, 1, 22, tzinfo=UTC)


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
