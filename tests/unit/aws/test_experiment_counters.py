"""Events count once in DynamoDB, in whatever batch they come and whatever goes wrong meanwhile."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectionError
from moto import mock_aws

from kindred.experiments.counts import Cell, Tally
from kindred.experiments.events import Conversion, Exposure
from kindred_aws.experiment_counters import ExperimentCounters, counter_shard
from kindred_aws.experiment_ledger import ExperimentLedger

DAY = date(2026, 1, 1)
NOW = 1_767_225_600


@pytest.fixture
def dynamodb(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        for table, *keys in (
            ("counters", "experiment_id", "variation_metric"),
            ("ledger", "id"),
        ):
            client.create_table(
                TableName=table,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": k, "AttributeType": "S"} for k in keys],
                KeySchema=[
                    {"AttributeName": key, "KeyType": kind}
                    for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
                ],
            )
        yield client


def ledger(client, slept=None):
    return ExperimentLedger(
        client,
        counters_table="counters",
        ledger_table="ledger",
        remember_events_days=90,
        clock=lambda: NOW,
        sleep=(slept if slept is not None else []).append,
        jitter=lambda: 1.0,
    )


def counts(client):
    return ExperimentCounters(client, table_name="counters").read("e")


def exposure(number, unit=None, variation="a", **fields):
    return Exposure(
        event_id=f"exposure-{number:012d}",
        occurred_at=datetime(2026, 1, 1, tzinfo=UTC),
        unit_id=unit or f"unit-{number}",
        experiment_id="e",
        variation=variation,
        **fields,
    )


def conversion(number, unit=None, metric="revenue", value=1.0, **fields):
    return Conversion(
        event_id=f"conversion-{metric}-{number:012d}",
        occurred_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=1),
        unit_id=unit or f"unit-{number}",
        experiment_id="e",
        metric=metric,
        value=value,
        **fields,
    )


def test_counts_are_read_as_they_were_counted(dynamodb):
    result = ledger(dynamodb).count(
        [
            exposure(1, segments={"os": "a#b=c"}, covariate=0.5),
            conversion(1, value=0.1, cross=("orders",)),
            conversion(1, metric="orders", value=2, cross=("revenue",)),
            conversion(2),
        ],
        shard="00",
    )

    assert (result.counted, result.duplicates, result.interrupted) == (4, 0, None)
    found = counts(dynamodb)
    assert found.exposed("a") == Tally(
        units=1, events=1, covariate_total=0.5, covariate_squares=0.25
    )
    assert found.metric("a", "revenue", day=DAY, segment="os=a#b=c") == Tally(
        units=1, total=0.1, squares=0.01, events=1, covariate_product=0.05
    )
    assert found.product("a", "revenue", "orders") == pytest.approx(0.2, abs=1e-15)
    assert found.quality == {"unexposed": 1}
    assert set(found.cells) == {
        Cell("a", metric, DAY, segment)
        for metric in ("-", "orders", "revenue")
        for segment in ("-", "os=a#b=c")
    }


def test_shards_add_up(dynamodb):
    ledger(dynamodb).count([exposure(1)], shard="00")
    ledger(dynamodb).count([exposure(2), exposure(2)], shard="01")

    assert counts(dynamodb).exposed("a").units == 2
    assert dynamodb.scan(TableName="counters")["Count"] == 2


def test_shards_of_a_stream_share_no_counter():
    names = {counter_shard(f"shardId-{number:012d}") for number in range(64)}

    assert len(names) == 64
    assert counter_shard("shardId-000000000064") == "00"


def test_pages_are_read_to_the_end(dynamodb):
    ledger(dynamodb).count([exposure(n, variation=f"v{n}") for n in range(20)], shard="00")
    paged = SimpleNamespace(query=lambda **query: dynamodb.query(**query, Limit=3))

    assert len(ExperimentCounters(paged, table_name="counters").read("e").variations) == 20


def test_more_events_than_a_transaction_holds(dynamodb):
    events = [each for n in range(100) for each in (exposure(n), conversion(n))]

    assert ledger(dynamodb).count(events, shard="00").counted == 200
    assert counts(dynamodb).metric("a", "revenue").units == 100


@pytest.mark.parametrize("again", [slice(None), slice(30, 70), slice(99, 100)])
def test_a_batch_that_comes_again_changes_nothing(dynamodb, again):
    events = [exposure(n) for n in range(100)]
    ledger(dynamodb).count(events, shard="00")
    before = counts(dynamodb)

    result = ledger(dynamodb).count(events[again], shard="00")

    assert (result.counted, result.duplicates) == (0, len(events[again]))
    assert counts(dynamodb) == before


def test_what_was_counted_is_left_out_and_the_rest_counted(dynamodb):
    ledger(dynamodb).count([exposure(1), conversion(1), exposure(3)], shard="00")

    result = ledger(dynamodb).count(
        [exposure(1), exposure(2), conversion(1), conversion(2), conversion(3)], shard="00"
    )

    assert (result.counted, result.duplicates) == (3, 2)
    assert counts(dynamodb).metric("a", "revenue") == Tally(
        units=3, events=3, total=3.0, squares=3.0
    )


def test_marks_and_units_are_forgotten_in_the_end(dynamodb):
    ledger(dynamodb).count([exposure(1)], shard="00")

    items = {item["id"]["S"]: item for item in dynamodb.scan(TableName="ledger")["Items"]}
    days = {key: (int(item["expires_at"]["N"]) - NOW) // 86_400 for key, item in items.items()}
    assert days == {"e#exposure-000000000001": 90, "u#e#unit-1": 400}


class Meddled:
    """The client, with something happening before or after a transaction.

    Written by hand: moto neither loses answers, nor throttles, nor has conflicts.
    """

    def __init__(self, client, *happenings):
        self._client = client
        self._happenings = list(happenings)

    def __getattr__(self, name):
        return getattr(self._client, name)

    def transact_write_items(self, **arguments):
        happening = self._happenings.pop(0) if self._happenings else None
        if happening is None:
            return self._client.transact_write_items(**arguments)
        return happening(self._client, arguments)


def lost_answer(client, arguments):
    client.transact_write_items(**arguments)
    raise ConnectionError(error="gone")


def never_arrived(client, arguments):
    raise ConnectionError(error="gone")


def cancelled(*codes):
    def happening(client, arguments):
        raise ClientError(
            {
                "Error": {"Code": "TransactionCanceledException", "Message": "cancelled"},
                "CancellationReasons": [{"Code": code, "Message": "why"} for code in codes],
            },
            "TransactWriteItems",
        )

    return happening


def refused(code):
    def happening(client, arguments):
        raise ClientError({"Error": {"Code": code, "Message": "why"}}, "TransactWriteItems")

    return happening


def invalid_with(event_id):
    """Refuses every transaction that holds the event, as for an item that is too large."""

    def happening(client, arguments):
        marks = [item["Put"]["Item"]["id"]["S"] for item in arguments["TransactItems"][:-1]]
        if f"e#{event_id}" in marks:
            return cancelled("None", "ValidationError")(client, arguments)
        return client.transact_write_items(**arguments)

    return happening


@pytest.mark.parametrize("accident", [lost_answer, never_arrived])
def test_an_accident_neither_loses_nor_doubles_a_count(dynamodb, accident):
    events = [exposure(1), exposure(2), conversion(1)]

    first = ledger(Meddled(dynamodb, accident)).count(events, shard="00")
    assert first.uncounted == {event.event_id for event in events}
    assert "gone" in first.interrupted
    second = ledger(dynamodb).count(events, shard="00")

    assert second.counted + second.duplicates == 3
    assert counts(dynamodb).exposed("a").units == 2
    assert counts(dynamodb).metric("a", "revenue").units == 1


def test_an_accident_in_the_middle_leaves_the_rest_to_be_tried_again(dynamodb):
    events = [exposure(n) for n in range(100)]

    result = ledger(Meddled(dynamodb, None, never_arrived)).count(events, shard="00")

    assert result.counted == counts(dynamodb).exposed("a").units
    assert result.uncounted == {event.event_id for event in events[result.counted :]}


@pytest.mark.parametrize(
    "busy",
    [
        cancelled("None", "TransactionConflict"),
        cancelled("ThrottlingError"),
        refused("ProvisionedThroughputExceededException"),
        refused("TransactionInProgressException"),
    ],
)
def test_what_passes_is_waited_for_longer_each_time(dynamodb, busy):
    slept = []

    result = ledger(Meddled(dynamodb, busy, busy, busy), slept).count([exposure(1)], shard="00")

    assert result.counted == 1
    assert slept == [0.1, 0.2, 0.4]


def test_what_does_not_pass_is_left_to_a_later_try(dynamodb):
    slept = []
    busy = [refused("ThrottlingException")] * 100

    result = ledger(Meddled(dynamodb, *busy), slept).count([exposure(1)], shard="00")

    assert result.uncounted == {exposure(1).event_id}
    assert "ThrottlingException" in result.interrupted
    assert sum(slept) < 10


def test_a_missing_right_is_no_reason_to_wait(dynamodb):
    slept = []

    result = ledger(Meddled(dynamodb, refused("AccessDeniedException")), slept).count(
        [exposure(1)], shard="00"
    )

    assert (result.uncounted, slept) == ({exposure(1).event_id}, [])


def test_a_unit_that_another_writer_changed_is_read_again(dynamodb):
    """As while a shard is split, or a slow invocation is not over yet."""

    def overtaken(client, arguments):
        ledger(client).count([exposure(1), conversion(1)], shard="00")
        return client.transact_write_items(**arguments)

    result = ledger(Meddled(dynamodb, overtaken)).count(
        [exposure(9, unit="unit-1", variation="b"), conversion(1, metric="orders")], shard="01"
    )

    assert result.counted == 2
    found = counts(dynamodb)
    assert found.variations == ("a",)
    assert found.metric("a", "orders").units == 1
    assert found.quality == {"crossed": 1}


def test_an_event_that_can_never_be_written_is_rejected_alone(dynamodb):
    events = [exposure(n) for n in range(40)]
    poisoned = events[17].event_id

    result = ledger(Meddled(dynamodb, *[invalid_with(poisoned)] * 60)).count(events, shard="00")

    assert result.rejected == {poisoned: "ValidationError: why"}
    assert (result.counted, result.uncounted) == (39, frozenset())
    assert counts(dynamodb).exposed("a").units == 39


def test_units_that_were_not_read_are_asked_for_again(dynamodb):
    ledger(dynamodb).count([exposure(n) for n in range(10)], shard="00")

    class Halved:
        def __getattr__(self, name):
            return getattr(dynamodb, name)

        def batch_get_item(self, RequestItems):
            asked = RequestItems["ledger"]["Keys"]
            half = max(1, len(asked) // 2)
            answer = dynamodb.batch_get_item(RequestItems={"ledger": {"Keys": asked[:half]}})
            if asked[half:]:
                answer["UnprocessedKeys"] = {"ledger": {"Keys": asked[half:]}}
            return answer

    assert ledger(Halved()).count([conversion(n) for n in range(10)], shard="00").counted == 10
    assert counts(dynamodb).metric("a", "revenue").units == 10


def test_sums_of_large_values_keep_every_digit(dynamodb):
    values = [999_999.123457, -0.000001, 123_456.654321]
    ledger(dynamodb).count(
        [each for n, v in enumerate(values) for each in (exposure(n), conversion(n, value=v))],
        shard="00",
    )

    items = dynamodb.scan(TableName="counters")["Items"]
    sums = next(item for item in items if "revenue" in item["variation_metric"]["S"])
    assert sums["total"]["N"] == "1123455.777777"
    assert sums["squares"]["N"] == "1015239792410.903215601891"
