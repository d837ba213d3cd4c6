"""Which stores are gone through, and that those of the second region are where there is one."""

import json

import pytest

from kindred.privacy.forgetting import CAPTURED_DIGITS
from kindred.privacy.pseudonyms import digest_of
from privacy_functions import forget_records, forgetting
from tests.pseudonyms import SecretFake, pseudonym
from tests.unit.aws.two_regions import FIRST, REPLICA, SECOND, SOURCE, two_regions

SETTINGS = {
    "AWS_REGION": FIRST,
    "AWS_DEFAULT_REGION": FIRST,
    "REQUEST_LOG_TABLE": "request_log",
    "LEDGER_TABLE": "ledger",
    "ARCHIVE_BUCKET": SOURCE,
    "ARCHIVE_FAILED_PREFIX": "failed/",
    "TRAINING_BUCKET": SOURCE,
    "DATA_CAPTURE_PREFIX": "data-capture/",
    "DEAD_LETTER_QUEUE_URLS": "https://queue",
}
REPLICATED = {
    "REPLICA_REGION": SECOND,
    "ARCHIVE_REPLICA_BUCKET": REPLICA,
    "ARCHIVE_EVENTS_PREFIX": "events/",
    "TRAINING_REPLICA_BUCKET": REPLICA,
}
COPIES = {"copies of the event archive", "copies of captured requests"}
# As a region that stands by has them: tables are the first one's, and models are asked there.
STANDBY = {
    name: value
    for name, value in SETTINGS.items()
    if not name.endswith("_TABLE") and name not in ("TRAINING_BUCKET", "DATA_CAPTURE_PREFIX")
}


@pytest.fixture
def ask(monkeypatch):
    monkeypatch.setattr(forgetting, "_pseudonyms", SecretFake)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)

    def ask(settings, **event):
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        return forget_records.handler(event, None)

    return ask


def test_where_nothing_is_replicated_no_second_region_is_looked_at(ask):
    assert not COPIES & {*ask(SETTINGS)["stores"]}


def test_copies_are_looked_at_after_what_they_are_of(ask):
    regions = ask({**SETTINGS, **REPLICATED})["stores"]
    stores = [*regions]

    assert {*stores} > COPIES
    assert {store: SECOND if store in COPIES else FIRST for store in stores} == regions
    assert stores.index("captured requests") < min(stores.index(each) for each in COPIES)


def test_where_it_stands_by_it_forgets_what_the_region_gathered_itself(ask):
    assert [*ask(STANDBY)["stores"]] == [
        *("event archive", "events not archived", "dead letters 1", "definitions", "logs")
    ]


@pytest.mark.slow
def test_a_captured_request_goes_from_both_regions_and_nothing_is_left_behind(ask):
    inference = f"{digest_of(pseudonym('anna'))[:CAPTURED_DIGITS]}-request"
    body = json.dumps({"eventMetadata": {"inferenceId": inference}}).encode()
    settings = {**SETTINGS, **REPLICATED}
    with two_regions() as regions:
        regions.put("data-capture/1", body)
        passed = ask(settings, unit="anna", store="captured requests", remove=True)
        left = [
            ask(settings, unit="anna", store=each, remove=False)["found"] for each in sorted(COPIES)
        ]

        assert (passed["found"], passed["removed"]) == (1, 1)
        assert regions.versions(SOURCE) == regions.versions(REPLICA) == set()
        assert left == [0, 0]


@pytest.mark.slow
def test_what_is_left_in_the_second_region_is_found_there(ask):
    with two_regions() as regions:
        version = regions.put("events/1", b"")
        regions.here.delete_object(Bucket=SOURCE, Key="events/1", VersionId=version)
        settings = {**SETTINGS, **REPLICATED}
        looked = ask(settings, unit="anna", store="copies of the event archive", remove=True)

        assert (looked["looked_at"], looked["found"], looked["removed"]) == (1, 1, 0)
        assert len(regions.versions(REPLICA)) == 1
