"""Records of the feature store, and which of them are written again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from kindred.retraining.app_features import Traffic, changed, event_time, features_of
from kindred.similarity.app import AppMetadata, CatalogueApp, Pricing

APP = CatalogueApp(
    app_id="a1",
    metadata=AppMetadata(name="A", category="games", pricing=Pricing.FREE, features=("gps",)),
    rating=4.5,
    source="test",
)
WHOLE = {
    "app_id": "a1",
    "category": "games",
    "pricing_model": "free",
    "features_list": '["gps"]',
    "historical_ctr": "0.25",
    "avg_rating": "4.5",
}


def test_a_record_has_what_is_known_and_nothing_else():
    assert features_of(APP, Traffic(shown=40, clicked=10)).values() == WHOLE


@pytest.mark.parametrize(
    ("traffic", "rate"),
    [
        pytest.param(Traffic(shown=19, clicked=19), None, id="too seldom shown"),
        pytest.param(Traffic(shown=20, clicked=0), 0.0, id="never clicked"),
        pytest.param(Traffic(shown=30_000, clicked=1), 0.0, id="to four digits"),
        pytest.param(Traffic(shown=20, clicked=21), 1.0, id="a click of an earlier answer"),
    ],
)
def test_a_click_rate_is_known_of_apps_that_were_shown(traffic, rate):
    assert traffic.click_rate == rate


@pytest.mark.parametrize(
    ("stored", "written"),
    [
        pytest.param({}, True, id="no record"),
        pytest.param(WHOLE, False, id="the same"),
        pytest.param({**WHOLE, "avg_rating": "4.50"}, False, id="a number spelled otherwise"),
        pytest.param({**WHOLE, "historical_ctr": "0.2501"}, True, id="another click rate"),
        pytest.param({**WHOLE, "region": "DE"}, True, id="something that is not known any more"),
    ],
)
def test_only_what_has_changed_is_written(stored, written):
    wanted = features_of(APP, Traffic(shown=40, clicked=10))

    assert (list(changed([wanted], {"a1": stored} if stored else {})) == [wanted]) is written


def test_times_are_in_the_stores_one_form():
    at = datetime(2026, 11, 21, 2, 0, 0, 5, tzinfo=timezone(timedelta(hours=1)))

    assert event_time(at) == "2026-11-21T01:00:00Z"
    assert event_time(at.astimezone(UTC)) == "2026-11-21T01:00:00Z"
