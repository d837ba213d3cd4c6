"""The records of the feature store: what is known of an app, and what of it has changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime

from kindred.similarity.app import CatalogueApp

# Of fewer impressions a rate says more of chance than of the app.
LEAST_IMPRESSIONS = 20
_NUMBERS = {"historical_ctr", "avg_rating"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """How often an app was shown as a neighbour in the last days, and clicked."""

    shown: int
    clicked: int

    @property
    def click_rate(self) -> float | None:
        """To four digits, so that a record is not written again for the last of them."""
        if self.shown < LEAST_IMPRESSIONS:
            return None
        return round(min(self.clicked / self.shown, 1.0), 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class AppFeatures:
    """One record; what is None is left out of it. `historical_ctr` is a share, `avg_rating` stars.

    `features_list` is a JSON array.
    """

    app_id: str
    category: str | None = None
    region: str | None = None
    pricing_model: str | None = None
    features_list: str | None = None
    historical_ctr: float | None = None
    avg_rating: float | None = None

    def values(self) -> dict[str, str]:
        """As the feature store takes them: text, without what is not known."""
        known = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: str(value) for name, value in known.items() if value is not None}


def features_of(app: CatalogueApp, traffic: Traffic | None) -> AppFeatures:
    metadata = app.metadata
    return AppFeatures(
        app_id=app.app_id,
        category=metadata.category,
        region=metadata.region,
        pricing_model=metadata.pricing,
        features_list=json.dumps(metadata.features, ensure_ascii=False),
        historical_ctr=traffic.click_rate if traffic else None,
        avg_rating=app.rating,
    )


def changed(
    wanted: Iterable[AppFeatures], stored: Mapping[str, Mapping[str, str]]
) -> Iterator[AppFeatures]:
    """Those whose record is missing or says something else; its time is not looked at."""
    for features in wanted:
        if _read(stored.get(features.app_id, {})) != _read(features.values()):
            yield features


def _read(values: Mapping[str, str]) -> dict[str, str | float]:
    """Numbers as numbers: the store may spell them in another way than they were written."""
    return {name: float(value) if name in _NUMBERS else value for name, value in values.items()}


def event_time(at: datetime) -> str:
    """The one form of ISO 8601 that the feature store takes: UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
