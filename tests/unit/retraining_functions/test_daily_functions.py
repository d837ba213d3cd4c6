"""The feature store's feed, and the measure of drift, with the events of their schedules."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace

import pytest

from kindred.similarity.catalogue import Catalogue
from kindred_aws.event_lake import QueryFailed
from retraining_functions import detect_drift, feed_features

# Seconds a file.
pytestmark = pytest.mark.slow

DAILY = {"scheduled_at": "2026-11-21T02:00:00Z"}


def context(*left_ms):
    """A function's context, whose time runs out as told; the last for ever."""
    rest = list(left_ms)
    left = lambda: rest.pop(0) if len(rest) > 1 else rest[0]  # noqa: E731
    return SimpleNamespace(get_remaining_time_in_millis=left)


@pytest.fixture
def catalogue(platform, baseline, monkeypatch):
    monkeypatch.setattr(
        "kindred_aws.artefact_store.ArtefactStore.download_catalogue",
        lambda *_: baseline / "catalogue",
    )
    return Catalogue(baseline / "catalogue")


def feed(*left_ms):
    return feed_features.handler(DAILY, context(*left_ms or (900_000,)))


def test_every_app_is_written_once_and_then_only_what_changes(platform, catalogue):
    shown = catalogue.app_id(7)
    platform.lake.answers = {"UNNEST": [(shown, 40, 10)]}

    first, second = feed(), feed()
    platform.lake.answers = {"UNNEST": [(shown, 40, 12)]}
    third = feed()

    assert (first["written"], second["written"], third["written"]) == (len(catalogue), 0, 1)
    assert platform.features.records[shown]["historical_ctr"] == "0.3"
    assert platform.features.records[shown]["last_updated"] == "2026-11-21T02:00:00Z"
    assert platform.features.written[-1] == shown


def test_what_there_was_no_time_for_comes_on_the_next_run(platform, catalogue):
    shown = catalogue.app_id(len(catalogue) - 1)
    platform.lake.answers = {"UNNEST": [(shown, 40, 0)]}

    short, then = feed(900_000, 1_000), feed()

    assert (short["written"], short["left"]) == (100, len(catalogue) - 100)
    assert platform.features.written[:100].count(shown) == 1
    assert (then["written"], then["left"]) == (len(catalogue) - 100, 0)


def test_a_query_that_fails_says_why(platform, catalogue):
    platform.lake.states, platform.lake.reason = ["RUNNING", "FAILED"], "TABLE_NOT_FOUND: events"

    with pytest.raises(QueryFailed, match="failed: TABLE_NOT_FOUND: events"):
        feed()


def week(**categories):
    return [("category", name, count) for name, count in categories.items()]


def measured(platform, capsys, rows, error=()):
    platform.lake.answers = {"json_array_length": rows, "avg(abs": list(error)}
    capsys.readouterr()
    said = detect_drift.handler(DAILY, None)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return said, [line for line in lines if "_aws" in line]


def values(metrics, name):
    return {line.get("feature"): line[name][0] for line in metrics if name in line}


def test_the_first_large_week_is_what_later_ones_are_measured_against(platform, capsys):
    said, _ = measured(platform, capsys, week(games=30))
    assert said["reference"] is None

    first, _ = measured(platform, capsys, week(games=600, tools=400))
    assert first["reference"] == "the first window, to 2026-11-21"
    assert first["shifted"] == []

    shifted, metrics = measured(platform, capsys, week(games=300, tools=700))
    assert shifted["shifted"] == ["category"]
    assert values(metrics, "FeatureDriftShift") == pytest.approx({"category": 0.3, None: 0.3})
    assert values(metrics, "FeatureDriftPsi")["category"] > 0.25


def test_what_is_not_known_has_no_metric(platform, capsys):
    _, metrics = measured(platform, capsys, week(games=30))

    assert not values(metrics, "FeatureDriftShift")
    assert not values(metrics, "PredictionMae")
    assert not values(metrics, "PredictionMaeGrowth")


def test_an_error_that_grows_by_60_percent_is_published_so(platform, capsys):
    measured(platform, capsys, week(games=1_000), [("0.10", "500")])

    said, metrics = measured(platform, capsys, week(games=1_000), [("0.16", "500")])

    assert said["prediction_mae_growth"] == pytest.approx(0.6)
    assert values(metrics, "PredictionMaeGrowth")[None] == pytest.approx(0.6)
    assert values(metrics, "PredictionMae")[None] == pytest.approx(0.16)


def test_an_error_of_a_few_outcomes_is_no_reference_for_ever(platform, capsys):
    measured(platform, capsys, week(games=1_000), [("0.40", "5")])
    measured(platform, capsys, week(games=1_000), [("0.10", "500")])

    said, _ = measured(platform, capsys, week(games=1_000), [("0.16", "500")])

    assert said["prediction_mae_growth"] == pytest.approx(0.6)


def test_the_week_before_the_run_is_asked_for(platform, capsys):
    measured(platform, capsys, week(games=30))

    assert "2026-11-14T02:00:00+00:00" in platform.lake.asked[0]
    assert "BETWEEN '2026-11-14' AND '2026-11-22'" in platform.lake.asked[0]


def test_a_weeks_queries_are_read_once(platform, capsys):
    """Athena reads a common table anew wherever its name stands."""
    measured(platform, capsys, week(games=30))

    for table in ("once", "asked", "seen"):
        assert len(re.findall(rf"\b(?:FROM|JOIN) {table}\b", platform.lake.asked[0])) == 1
