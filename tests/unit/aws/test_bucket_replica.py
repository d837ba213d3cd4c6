"""What is forgotten goes from the second region as well, once it is there and before it goes here.

S3 itself is modelled as far as its user guide tells: copies have their versions' ids, removals of
versions are not copied, and a version tells whether it was copied.
"""

import json
from datetime import UTC, date, datetime

import pytest
from botocore.exceptions import ClientError

from kindred.privacy.forgetting import CAPTURED_DIGITS, names_of
from kindred.privacy.pseudonyms import digest_of
from kindred_aws import bucket_replica
from kindred_aws.forgotten_events import ForgottenEvents
from kindred_aws.forgotten_lines import ForgottenLines, is_captured
from tests.pseudonyms import SecretFake, pseudonym
from tests.unit.aws.lake import LakeFake
from tests.unit.aws.two_regions import REPLICA, SOURCE, two_regions

# Seconds a file.
pytestmark = pytest.mark.slow

NAMES = names_of("p:anna", SecretFake().current)
HERS, ANOTHERS = pseudonym("p:anna"), pseudonym("p:bert")
DAY = "events/day=2026-11-20/"
WAITS = bucket_replica.note_on_waiting(1)


@pytest.fixture
def regions(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with two_regions() as regions:
        yield regions


def captured(*units):
    ids = [f"{digest_of(unit)[:CAPTURED_DIGITS]}-request" for unit in units]
    lines = [json.dumps({"eventMetadata": {"inferenceId": each}}) for each in ids]
    return "\n".join([*lines, ""]).encode()


def lines_of(regions):
    return ForgottenLines(
        s3=regions.here,
        bucket=SOURCE,
        prefix="data-capture/",
        is_named=is_captured,
        replica=regions.replica,
    )


def events_of(regions):
    return ForgottenEvents(
        lake=LakeFake(regions.here, bucket=SOURCE, names=NAMES),
        s3=regions.here,
        bucket=SOURCE,
        table="events",
        columns=["unit_id"],
        first_day=date(2026, 11, 1),
        days=365,
        replica=regions.replica,
        now=lambda: datetime(2026, 11, 21, tzinfo=UTC),
    )


STORES = [
    pytest.param(lines_of, "data-capture/1", captured(HERS, ANOTHERS), id="captured requests"),
    pytest.param(events_of, f"{DAY}1", f"{HERS}\n{ANOTHERS}".encode(), id="event archive"),
]


@pytest.mark.parametrize(
    ("store", "key", "body", "another"),
    [
        pytest.param(*each.values, another, id=each.id)
        for each, another in zip(STORES, (captured(ANOTHERS), ANOTHERS.encode()), strict=True)
    ],
)
def test_every_copy_of_what_is_removed_is_removed_and_nothing_else(
    regions, store, key, body, another
):
    others = {
        (name, regions.put(name, content))
        for name, content in ((f"{key}1", another), ("models/1", b"{}"))
    }
    for _ in range(2):
        regions.put(key, body)

    passed = store(regions).go_through(NAMES, remove=True, cursor=None)

    assert (passed.found, passed.removed, passed.notes) == (1, 1, ())
    assert regions.versions(REPLICA) == others
    assert regions.versions(SOURCE) > others


@pytest.mark.parametrize(("store", "key", "body"), STORES)
def test_what_s3_has_yet_to_copy_is_left_whole_and_said(regions, store, key, body):
    regions.put(key, body, status="PENDING")
    before = regions.versions(SOURCE)

    passed = store(regions).go_through(NAMES, remove=True, cursor=None)

    assert (passed.found, passed.removed, passed.cursor) == (1, 0, None)
    assert passed.notes == WAITS
    assert regions.versions(SOURCE) == before


@pytest.mark.parametrize("status", ["FAILED", "REPLICA", None])
@pytest.mark.parametrize(("store", "key", "body"), STORES)
def test_what_s3_will_not_copy_is_not_waited_for(regions, store, key, body, status):
    regions.put(key, body, status=status)

    assert store(regions).go_through(NAMES, remove=True, cursor=None).removed == 1


def test_an_older_version_that_is_to_be_copied_is_waited_for_too(regions):
    regions.put("data-capture/1", captured(HERS), status="PENDING")
    regions.put("data-capture/1", captured(HERS))
    regions.put("data-capture/11", captured(ANOTHERS), status="PENDING")

    assert lines_of(regions).go_through(NAMES, remove=True, cursor=None).notes == WAITS


@pytest.mark.parametrize(("store", "key", "body"), STORES)
def test_what_the_second_region_refuses_to_remove_stays_here_and_is_found_again(
    regions, store, key, body, monkeypatch
):
    regions.put(key, body)

    def away(**asked):
        raise ClientError({"Error": {"Code": "ServiceUnavailable"}}, "DeleteObject")

    with monkeypatch.context() as broken:
        broken.setattr(regions.there, "delete_object", away)
        with pytest.raises(ClientError, match="ServiceUnavailable"):
            store(regions).go_through(NAMES, remove=True, cursor=None)

    assert store(regions).go_through(NAMES, remove=False, cursor=None).found == 1
    assert store(regions).go_through(NAMES, remove=True, cursor=None).removed == 1
    assert key not in {name for name, _ in regions.versions(REPLICA)}


def test_a_pass_over_the_archive_goes_on_past_what_has_to_wait(regions, monkeypatch):
    monkeypatch.setattr("kindred_aws.forgotten_events._OBJECTS_A_PASS", 2)
    for at in range(4):
        regions.put(f"{DAY}{at}", HERS.encode(), status="COMPLETED" if at else "PENDING")
    events = events_of(regions)

    first = events.go_through(NAMES, remove=True, cursor=None)
    second = events.go_through(NAMES, remove=True, cursor=first.cursor)

    assert (first.found, first.removed, first.cursor, first.notes) == (2, 2, "2026-11-01", ())
    assert (second.found, second.removed, second.cursor) == (2, 1, None)
    assert second.notes == WAITS


@pytest.mark.parametrize("page", ["1", "2", "1000"])
def test_a_look_finds_what_the_second_region_has_alone_and_removes_none_of_it(
    regions, page, monkeypatch
):
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", page)
    for at in range(3):
        regions.put(f"{DAY}{at}", b"1")
    regions.put(f"{DAY}1", b"2")
    gone = regions.put(f"{DAY}2", b"2")
    regions.here.delete_object(Bucket=SOURCE, Key=f"{DAY}2", VersionId=gone)
    regions.put("elsewhere/1", b"1")
    before = regions.versions(REPLICA)

    passed = regions.replica.look("events/", cursor=None)

    assert (passed.looked_at, passed.found, passed.removed) == (5, 1, 0)
    [note] = passed.notes
    assert f"the first is {DAY}2" in note
    assert regions.versions(REPLICA) == before


def test_what_has_expired_in_the_second_region_is_not_left_behind_there(regions):
    version = regions.put(f"{DAY}1", b"1")
    regions.here.delete_object(Bucket=SOURCE, Key=f"{DAY}1", VersionId=version)
    assert regions.replica.look("events/", cursor=None).found == 1

    regions.there.delete_object(Bucket=REPLICA, Key=f"{DAY}1")

    assert regions.replica.look("events/", cursor=None).found == 0


def test_what_is_deleted_here_and_kept_as_a_version_is_in_both_regions(regions):
    regions.put(f"{DAY}1", b"1")
    regions.here.delete_object(Bucket=SOURCE, Key=f"{DAY}1")

    assert regions.replica.look("events/", cursor=None).found == 0


def test_a_look_goes_on_after_the_last_key_that_it_looked_at(regions, monkeypatch):
    monkeypatch.setattr(bucket_replica, "_KEYS_A_PASS", 2)
    for at in range(5):
        regions.put(f"{DAY}{at}", b"1")
        version = regions.put(f"{DAY}{at}", b"2")
        if at in (0, 4):
            regions.here.delete_object(Bucket=SOURCE, Key=f"{DAY}{at}", VersionId=version)
    seen, cursor = [], None

    while not seen or cursor:
        passed = regions.replica.look("events/", cursor=cursor)
        seen.append((passed.looked_at, passed.found))
        cursor = passed.cursor

    assert seen == [(4, 1), (4, 0), (2, 1)]
