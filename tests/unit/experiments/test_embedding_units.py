"""Units that ask often: what the sample ratio of the embedding experiment is tested on."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from kindred.experiments.daily_metrics import DailyMetrics
from kindred.experiments.embedding_decision import EmbeddingPlan, decide_embedding

FIRST = date(2026, 11, 1)
NOW = datetime(2026, 11, 9, tzinfo=UTC)


def day_row(arm, day, *, asked, units):
    return DailyMetrics(
        arm=arm,
        day=day,
        windows_count=1,
        units_count=units,
        requests_count=asked,
        impressions_count=asked,
        clicks_count=asked // 40,
    )


def decided(rows):
    return decide_embedding(
        "embedding_v2_vs_v3",
        EmbeddingPlan(),
        arms=("v2", "v3"),
        control_weight=0.5,
        rows=rows,
        now=NOW,
    )


def lived(seed, *, units=20_000, asks=50, days=2):
    """Days of the same units, split as the hash splits them; each asks about `asks` times a day."""
    random = np.random.default_rng(seed)
    treated = int(random.binomial(units, 0.5))
    rows = []
    for offset in range(days):
        for arm, count in (("v2", units - treated), ("v3", treated)):
            asked = int(random.negative_binomial(1, 1 / (1 + asks), size=count).sum())
            day = FIRST + timedelta(days=offset)
            rows.append(day_row(arm, day, asked=asked, units=count))
    return rows


def test_units_that_ask_often_are_no_sample_ratio_mismatch():
    blocked = sum(decided(lived(seed)).outcome == "blocked" for seed in range(200))

    assert blocked <= 2


def test_a_true_mismatch_is_still_seen():
    rows = [
        day_row("v2", FIRST, asked=500_000, units=10_000),
        day_row("v3", FIRST, asked=500_000, units=9_000),
    ]

    assert decided(rows).outcome == "blocked"


def test_units_of_the_latest_day_are_taken_since_the_others_are_the_same():
    rows = [
        day_row("v2", FIRST, asked=500_000, units=10_000),
        day_row("v3", FIRST, asked=500_000, units=9_000),
        day_row("v2", FIRST + timedelta(days=1), asked=500_000, units=10_000),
        day_row("v3", FIRST + timedelta(days=1), asked=500_000, units=10_050),
    ]

    assert decided(rows).outcome != "blocked"


@pytest.mark.parametrize("asked", [500_000, 480_000])
def test_days_that_counted_no_units_are_tested_on_what_was_asked(asked):
    rows = [
        day_row("v2", FIRST, asked=500_000, units=0),
        day_row("v3", FIRST, asked=asked, units=0),
    ]

    assert (decided(rows).outcome == "blocked") == (asked != 500_000)
