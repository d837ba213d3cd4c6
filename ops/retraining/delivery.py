"""Whether events have come to where retraining reads them: Firehose holds them back for a while."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

import boto3

from kindred.privacy.pseudonyms import Pseudonyms
from kindred_aws.event_lake import EventLake
from kindred_aws.pseudonym_secret import PseudonymSecret
from ops.local.running_platform import RunningPlatform

_LONGEST_SECONDS = 120.0
_PAUSE_SECONDS = 1.0


class NotDelivered(RuntimeError):
    """Events are missing from the event lake; the message says how many."""


def wait_for_events(
    lake: EventLake,
    database: str,
    *,
    partners: Collection[str],
    pseudonyms: Pseudonyms,
    since: datetime,
    count: int,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Until there are `count` events since then of these partners' requesters.

    Raises NotDelivered.
    """
    known_as = [f"'{name}'" for partner in partners for name in pseudonyms.every(partner)]
    among, until = ", ".join(known_as), since.date() + timedelta(days=1)
    query = f"""SELECT count(DISTINCT event_id) FROM "{database}"."events"
WHERE day BETWEEN '{since.date()}' AND '{until}' AND split_part(unit_id, ':', 1) IN ({among})
  AND from_iso8601_timestamp(occurred_at) >= from_iso8601_timestamp('{since.isoformat()}')"""  # noqa: S608 (names of our own)
    waited = 0.0
    while (found := _count(lake, query)) < count:
        if waited >= _LONGEST_SECONDS:
            raise NotDelivered(f"of {count:,} events {found:,} came to the event lake")
        sleep(_PAUSE_SECONDS)
        waited += _PAUSE_SECONDS


def event_lake(platform: RunningPlatform) -> EventLake:
    return EventLake(
        client=boto3.client("athena"), workgroup=platform.output("AthenaWorkgroupName")
    )


def pseudonyms_of(platform: RunningPlatform) -> Pseudonyms:
    """Raises NoPseudonyms."""
    secret = PseudonymSecret(
        boto3.client("secretsmanager"), secret_id=platform.output("PseudonymSecretArn")
    )
    return secret.current


def _count(lake: EventLake, query: str) -> int:
    [(count,)] = lake.rows(query)
    return int(count or 0)
