"""Forgets a unit in what AWS keeps for us: tables, archives, queues; looks into logs.

In a region that stands by tables are replicas and no models are asked: settings name none of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import Any

import boto3

from kindred.privacy.forgetting import Names, Passed
from kindred_aws.bucket_replica import BucketReplica
from kindred_aws.event_lake import EventLake
from kindred_aws.forgotten_definitions import ForgottenDefinitions
from kindred_aws.forgotten_events import ForgottenEvents
from kindred_aws.forgotten_items import ForgottenItems, is_unit, is_unit_of_ledger
from kindred_aws.forgotten_letters import ForgottenLetters
from kindred_aws.forgotten_lines import ForgottenLines, is_captured, is_undelivered
from kindred_aws.forgotten_log_lines import ForgottenLogLines
from privacy_functions.definitions import source_definitions
from privacy_functions.forgetting import Stores, answer


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    return answer(event, _stores(os.environ), elsewhere=_copied_to(os.environ))


def _stores(environ: Mapping[str, str]) -> Stores:
    failed = environ["ARCHIVE_FAILED_PREFIX"]
    queues = environ["DEAD_LETTER_QUEUE_URLS"].split(",")
    return {
        **_tables(environ),
        "event archive": _events,
        # What could not be archived is not replicated.
        "events not archived": partial(_lines, "ARCHIVE", failed, is_undelivered, False),
        **_captured(environ),
        **_copies(environ),
        **{f"dead letters {at}": partial(_letters, url) for at, url in enumerate(queues, start=1)},
        "definitions": _definitions,
        "logs": _log_lines,
    }


def _tables(environ: Mapping[str, str]) -> Stores:
    if "LEDGER_TABLE" not in environ:
        return {}
    log, ledger = environ["REQUEST_LOG_TABLE"], environ["LEDGER_TABLE"]
    return {
        "request log": partial(_items, log, ("record_id", "unit_id"), is_unit),
        "ledger": partial(_items, ledger, ("id", "id"), is_unit_of_ledger),
    }


def _captured(environ: Mapping[str, str]) -> Stores:
    if "TRAINING_BUCKET" not in environ:
        return {}
    prefix = environ["DATA_CAPTURE_PREFIX"]
    return {"captured requests": partial(_lines, "TRAINING", prefix, is_captured, True)}


def _items(
    table_name: str,
    attributes: tuple[str, str],
    is_named: Callable[[str, Names], bool],
    names: Names,
    remove: bool,
    cursor: str | None,
) -> Passed:
    key, attribute = attributes
    items = ForgottenItems(
        boto3.client("dynamodb"),
        table_name=table_name,
        key=key,
        attribute=attribute,
        is_named=is_named,
    )
    return items.go_through(names, remove=remove, cursor=cursor)


def _events(names: Names, remove: bool, cursor: str | None) -> Passed:
    database, table = os.environ["EVENTS_DATABASE"], os.environ["EVENTS_TABLE"]
    events = ForgottenEvents(
        lake=EventLake(client=boto3.client("athena"), workgroup=os.environ["ATHENA_WORKGROUP"]),
        s3=boto3.client("s3"),
        bucket=os.environ["ARCHIVE_BUCKET"],
        table=f'"{database}"."{table}"',
        columns=os.environ["EVENT_COLUMNS"].split(","),
        first_day=date.fromisoformat(os.environ["ARCHIVE_FIRST_DAY"]),
        days=int(os.environ["ARCHIVE_DAYS"]),
        replica=_replica("ARCHIVE"),
    )
    return events.go_through(names, remove=remove, cursor=cursor)


def _lines(
    bucket: str,
    prefix: str,
    is_named: Callable[[Any, Names], bool],
    replicated: bool,
    names: Names,
    remove: bool,
    cursor: str | None,
) -> Passed:
    lines = ForgottenLines(
        s3=boto3.client("s3"),
        bucket=os.environ[f"{bucket}_BUCKET"],
        prefix=prefix,
        is_named=is_named,
        replica=_replica(bucket) if replicated else None,
    )
    return lines.go_through(names, remove=remove, cursor=cursor)


def _copies(environ: Mapping[str, str]) -> Stores:
    """Looked through for what is there alone: forgetting removes copies with what they are of."""
    if "REPLICA_REGION" not in environ:
        return {}
    archived, captured = environ["ARCHIVE_EVENTS_PREFIX"], environ["DATA_CAPTURE_PREFIX"]
    return {
        "copies of the event archive": partial(_copy, "ARCHIVE", archived),
        "copies of captured requests": partial(_copy, "TRAINING", captured),
    }


def _copied_to(environ: Mapping[str, str]) -> Mapping[str, str]:
    """The region of each of those stores."""
    copies = _copies(environ)
    return dict.fromkeys(copies, environ["REPLICA_REGION"]) if copies else {}


def _copy(bucket: str, prefix: str, _names: Names, _remove: bool, cursor: str | None) -> Passed:
    replica = _replica(bucket)
    assert replica is not None
    return replica.look(prefix, cursor=cursor)


def _replica(bucket: str) -> BucketReplica | None:
    """None where the environment has no second region."""
    region = os.environ.get("REPLICA_REGION")
    if region is None:
        return None
    return BucketReplica(
        source=boto3.client("s3"),
        source_bucket=os.environ[f"{bucket}_BUCKET"],
        client=boto3.client("s3", region_name=region),
        bucket=os.environ[f"{bucket}_REPLICA_BUCKET"],
    )


def _letters(queue_url: str, names: Names, remove: bool, _cursor: str | None) -> Passed:
    letters = ForgottenLetters(client=boto3.client("sqs"), queue_url=queue_url)
    return letters.go_through(names, remove=remove)


def _definitions(names: Names, _remove: bool, _cursor: str | None) -> Passed:
    return ForgottenDefinitions(read=source_definitions).look(names)


def _log_lines(names: Names, _remove: bool, cursor: str | None) -> Passed:
    lines = ForgottenLogLines(client=boto3.client("logs"), named=os.environ["LOG_GROUPS_NAMED"])
    return lines.look(names, cursor=cursor)
