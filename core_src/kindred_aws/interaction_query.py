"""The SQL that prepares training data: what was shown, what was clicked, each event once.

What is trusted of it is trusted of the rates of clicks as well, see `trusted_interactions`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

# Of one requester on one day. The bound by percentile adapts to how much is asked in all; the
# fixed ones keep an ordinary requester in where nobody asks much.
PERCENTILE = 0.999
LEAST_REQUESTS_TO_BE_ODD = 50
LEAST_SHOWN_TO_BE_ODD = 20
# A person who looks for an app opens a few of those that are shown; a robot opens them all. It may
# ask for each app once: the same goes for all that a partner's requesters were shown on a day.
LARGEST_CLICKED_SHARE = 0.5
CLICK_WITHIN_HOURS = 24
# Clocks of clients differ: a click this long before its request may still be of it.
CLOCK_SKEW_MINUTES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """Names as Athena quotes them: the events' and the feature store's offline table."""

    events_database: str
    events: str
    features_database: str
    features: str


def interactions_query(
    tables: Tables, *, since: datetime, until: datetime, most: int, unload_to: str
) -> str:
    """Writes one JSON line a recommendation of [since, until), or `most` drawn from all of them.

    What a line holds: request_id, occurred_at, model_version, query (the JSON text of what the
    service embedded), query_app_id, shown (nearest first), clicked (in the order of clicks) and
    historical_ctr (of the shown apps that have one, from their newest feature records). What is
    null, as `clicked` where nothing was, may be missing. Request ids are random, so that the first
    by id are drawn from the whole window alike; its newest would be the hours of one night.

    Left out is what `trusted_interactions` leaves out.
    """
    return f"""UNLOAD (
{_statement(tables, since=since, until=until, most=most)}
) TO '{unload_to}' WITH (format = 'JSON', compression = 'gzip')"""


def _statement(tables: Tables, *, since: datetime, until: datetime, most: int) -> str:
    return f"""WITH {trusted_interactions(tables, since=since, until=until)}, kept AS (
  SELECT shown.* FROM shown
  JOIN trusted ON trusted.unit_id = shown.unit_id AND trusted.on_day = shown.on_day
  ORDER BY shown.request_id
  LIMIT {most}
), {newest_features(tables)}, rates AS (
  SELECT kept.request_id, map_agg(features.app_id, features.historical_ctr) AS historical_ctr
  FROM kept CROSS JOIN UNNEST(kept.neighbors) AS each_shown (app_id)
  JOIN features ON features.app_id = each_shown.app_id
  WHERE features.historical_ctr IS NOT NULL
  GROUP BY kept.request_id
)
SELECT kept.request_id, kept.occurred_at, kept.model_version, kept.query, kept.query_app_id,
  kept.neighbors AS shown, clicked.apps AS clicked, rates.historical_ctr
FROM kept
LEFT JOIN clicked ON clicked.request_id = kept.request_id
LEFT JOIN rates ON rates.request_id = kept.request_id"""  # noqa: S608 (names of our own tables)


def trusted_interactions(tables: Tables, *, since: datetime, until: datetime) -> str:
    """The common tables `shown` (a recommendation), `clicked` (of those, in the order of clicks)
    and `trusted` (`unit_id` and `on_day` of whom to learn from).

    Left out are copies of an event, clicks on what was not shown or at an impossible time, all
    requests of a requester's day with impossibly many requests or clicks, and those of a partner's
    day on which most of what was shown was clicked. A unit is `<partner>:<app>`.
    """
    arrived_from = since.date() - timedelta(days=1)
    arrived_to = until.date() + timedelta(days=1)
    return f"""once AS (
  SELECT type, occurred_at, unit_id, app_id, request_id, model_version, neighbors, query
  FROM (
    SELECT *, row_number() OVER (PARTITION BY type, event_id ORDER BY occurred_at) AS copy
    FROM "{tables.events_database}"."{tables.events}"
    WHERE day BETWEEN '{arrived_from}' AND '{arrived_to}' AND type IN ('prediction', 'click')
      AND request_id IS NOT NULL
  ) AS copies
  WHERE copy = 1
), shown AS (
  SELECT request_id, from_iso8601_timestamp(occurred_at) AS moment, occurred_at, unit_id,
    substr(occurred_at, 1, 10) AS on_day, model_version, app_id AS query_app_id, neighbors, query
  FROM once
  WHERE type = 'prediction' AND query IS NOT NULL AND cardinality(neighbors) > 0
    AND from_iso8601_timestamp(occurred_at) >= from_iso8601_timestamp('{since.isoformat()}')
    AND from_iso8601_timestamp(occurred_at) < from_iso8601_timestamp('{until.isoformat()}')
), clicks AS (
  SELECT shown.request_id, once.app_id, min(from_iso8601_timestamp(once.occurred_at)) AS moment
  FROM shown JOIN once ON once.request_id = shown.request_id
  WHERE once.type = 'click' AND contains(shown.neighbors, once.app_id)
    AND from_iso8601_timestamp(once.occurred_at)
      BETWEEN shown.moment - INTERVAL '{CLOCK_SKEW_MINUTES}' MINUTE
      AND shown.moment + INTERVAL '{CLICK_WITHIN_HOURS}' HOUR
  GROUP BY shown.request_id, once.app_id
), clicked AS (
  SELECT request_id, array_agg(app_id ORDER BY moment, app_id) AS apps, count(*) AS clicks
  FROM clicks GROUP BY request_id
), requesters AS (
  SELECT shown.unit_id, shown.on_day, count(*) AS requests,
    sum(coalesce(clicked.clicks, 0)) AS clicks, sum(cardinality(shown.neighbors)) AS apps
  FROM shown LEFT JOIN clicked ON clicked.request_id = shown.request_id
  GROUP BY shown.unit_id, shown.on_day
), partners AS (
  SELECT *, sum(clicks) OVER (PARTITION BY split_part(unit_id, ':', 1), on_day) AS all_clicks,
    sum(apps) OVER (PARTITION BY split_part(unit_id, ':', 1), on_day) AS all_apps
  FROM requesters
), ordinary AS (
  SELECT approx_percentile(requests, {PERCENTILE}) AS requests,
    approx_percentile(clicks, {PERCENTILE}) AS clicks
  FROM requesters
), trusted AS (
  SELECT partners.unit_id, partners.on_day
  FROM partners CROSS JOIN ordinary
  WHERE partners.requests <= greatest(ordinary.requests, {LEAST_REQUESTS_TO_BE_ODD})
    AND partners.clicks <= greatest(ordinary.clicks, {LEAST_REQUESTS_TO_BE_ODD})
    AND (partners.apps < {LEAST_SHOWN_TO_BE_ODD}
      OR partners.clicks <= {LARGEST_CLICKED_SHARE} * partners.apps)
    AND (partners.all_apps < {LEAST_SHOWN_TO_BE_ODD}
      OR partners.all_clicks <= {LARGEST_CLICKED_SHARE} * partners.all_apps)
)"""  # noqa: S608 (names of our own tables)


def newest_features(tables: Tables) -> str:
    """The common table `features`: the newest record of each app that was not deleted.

    The offline store appends: which row is newest goes by event time, then by when it came.
    """
    return f"""features AS (
  SELECT app_id, historical_ctr, avg_rating
  FROM (
    SELECT app_id, historical_ctr, avg_rating, is_deleted, row_number() OVER (
      PARTITION BY app_id ORDER BY last_updated DESC, api_invocation_time DESC, write_time DESC
    ) AS place
    FROM "{tables.features_database}"."{tables.features}"
  ) AS records
  WHERE place = 1 AND NOT is_deleted
)"""  # noqa: S608 (names of our own tables)
