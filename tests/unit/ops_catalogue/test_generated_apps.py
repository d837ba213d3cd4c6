"""Generated apps: always the same, labelled, and with something in them to learn."""

from collections import defaultdict

import numpy as np

from kindred.similarity.app import Pricing
from ops.catalogue.generated_apps import generate_apps


def test_the_same_count_gives_the_same_apps() -> None:
    assert generate_apps(50) == generate_apps(50)
    assert generate_apps(50) == generate_apps(80)[:50]
    assert generate_apps(50, seed=1) != generate_apps(50, seed=2)


def test_the_first_app_is_what_it_has_always_been() -> None:
    # A change of the generator, or of Python's, shows here before it shows to users.
    first = generate_apps(1)[0]
    assert (first.app_id, first.metadata.name) == ("generated-00001", "Open Garage Track Plus")
    assert (first.impressions, first.clicks) == (1283, 48)


def test_every_app_is_labelled_and_whole() -> None:
    apps = generate_apps(500)
    assert len({app.app_id for app in apps}) == len({app.metadata.name for app in apps}) == 500
    for app in apps:
        assert app.generated
        assert app.source == "generated"
        assert app.metadata.category
        assert app.metadata.region
        assert app.metadata.description
        assert app.impressions is not None
        assert app.clicks is not None
        assert 0 <= app.clicks <= app.impressions
        assert (app.price_usd or 0) > 0 if app.metadata.pricing is Pricing.PAID else True


def test_categories_differ_in_how_often_their_apps_are_clicked() -> None:
    impressions: dict[str, int] = defaultdict(int)
    clicks: dict[str, int] = defaultdict(int)
    for app in generate_apps(2_000):
        impressions[app.metadata.category or ""] += app.impressions or 0
        clicks[app.metadata.category or ""] += app.clicks or 0
    rates = np.array([clicks[name] / impressions[name] for name in impressions])
    assert rates.max() > 2.5 * rates.min()
