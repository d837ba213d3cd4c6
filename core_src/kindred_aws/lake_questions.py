"""What is asked of the event lake, and its answers as values: distributions, errors, traffic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from kindred.drift.detection import PredictionError
from kindred.drift.distributions import Distributions
from kindred.retraining.app_features import Traffic
from kindred_aws.event_lake import EventLake
from kindred_aws.interaction_query import Tables, newest_features, trusted_interactions

_CATEGORIES = ("category", "region", "pricing")
_MEASURES = ("rating", "feature_count")


@dataclass(frozen=True, slots=True, kw_only=True)
class LakeQuestions:
    """Each is about events that happened in [since, until); copies of an event count once."""

    lake: EventLake
    tables: Tables

    def distributions(self, since: datetime, until: datetime) -> Distributions:
        """Of the queries for similar apps: what the service embedded, and the app's own rating."""
        categories: dict[str, dict[str, int]] = {name: {} for name in _CATEGORIES}
        measures: dict[str, dict[float, int]] = {name: {} for name in _MEASURES}
        for feature, value, count in self.lake.rows(self._distributions(since, until)):
            if feature in categories:
                categories[feature][value or ""] = int(count or 0)
            elif feature in measures and value is not None:
                measures[feature][float(value)] = int(count or 0)
        return Distributions(categories=categories, measures=measures)

    def prediction_error(self, since: datetime, until: datetime) -> PredictionError | None:
        """Of predicted against observed performance; None where no outcome came."""
        query = f"""WITH {self._once(since, until, "prediction")}
SELECT avg(abs(score - observed)), count(*) FROM once
WHERE score IS NOT NULL AND observed IS NOT NULL"""  # noqa: S608 (names of our own tables)
        for mae, outcomes in self.lake.rows(query):
            if mae is not None and outcomes is not None and int(outcomes) > 0:
                return PredictionError(mae=float(mae), outcomes=int(outcomes))
        return None

    def traffic(self, since: datetime, until: datetime) -> dict[str, Traffic]:
        """By app id, of apps that were shown as neighbours to whom training learns from."""
        return {
            app_id: Traffic(shown=int(shown or 0), clicked=int(clicked or 0))
            for app_id, shown, clicked in self.lake.rows(self._traffic(since, until))
            if app_id
        }

    def _distributions(self, since: datetime, until: datetime) -> str:
        """Of one reading: Athena reads a common table anew wherever its name stands."""
        texts = "".join(
            f"json_extract_scalar(query, '$.{each}') AS {each}, " for each in _CATEGORIES
        )
        names = (*_CATEGORIES, *_MEASURES)
        which = " ".join(f"WHEN grouping({name}) = 0 THEN '{name}'" for name in names)
        return f"""WITH {self._once(since, until, "prediction")}, asked AS (
  SELECT app_id, {texts}
    CAST(json_array_length(json_extract(query, '$.features')) AS varchar) AS feature_count
  FROM once WHERE query IS NOT NULL
), {newest_features(self.tables)}, seen AS (
  SELECT asked.*, CAST(round(features.avg_rating, 1) AS varchar) AS rating
  FROM asked LEFT JOIN features ON features.app_id = asked.app_id
)
SELECT CASE {which} END, coalesce({", ".join(names)}), count(*)
FROM seen GROUP BY GROUPING SETS ({", ".join(f"({name})" for name in names)})"""  # noqa: S608 (as above)

    def _traffic(self, since: datetime, until: datetime) -> str:
        return f"""WITH {trusted_interactions(self.tables, since=since, until=until)}, kept AS (
  SELECT shown.neighbors, clicked.apps FROM shown
  JOIN trusted ON trusted.unit_id = shown.unit_id AND trusted.on_day = shown.on_day
  LEFT JOIN clicked ON clicked.request_id = shown.request_id
)
SELECT each_shown.app_id, count(*) AS shown,
  sum(CASE WHEN contains(kept.apps, each_shown.app_id) THEN 1 ELSE 0 END) AS clicked
FROM kept CROSS JOIN UNNEST(kept.neighbors) AS each_shown (app_id)
GROUP BY each_shown.app_id"""  # noqa: S608 (as above)

    def _once(self, since: datetime, until: datetime, kind: str) -> str:
        """The common table `once`; events arrive a day late at most, or are left out."""
        arrived_to = until.date() + timedelta(days=1)
        return f"""once AS (
  SELECT * FROM (
    SELECT *, row_number() OVER (PARTITION BY type, event_id ORDER BY occurred_at) AS copy
    FROM "{self.tables.events_database}"."{self.tables.events}"
    WHERE day BETWEEN '{since.date()}' AND '{arrived_to}' AND type = '{kind}'
      AND from_iso8601_timestamp(occurred_at) >= from_iso8601_timestamp('{since.isoformat()}')
      AND from_iso8601_timestamp(occurred_at) < from_iso8601_timestamp('{until.isoformat()}')
  ) AS copies
  WHERE copy = 1
)"""  # noqa: S608 (as above)
