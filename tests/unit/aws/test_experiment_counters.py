"""Events count once in DynamoDB, in whatever batch they come."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest

from kindred.experiments.counts import Cell, Tally
from kindred_aws.experiment_counters import ExperimentCounters, counter_shard
from tests.unit.aws.counting_tables import NOW, conversion, counts, exposure, ledger

# Seconds a file.
pytestmark = pytest.mark.slow

DAY = date(2026, 1, 1)


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
    assert days == {"e#e#exposure-000000000001": 90, "u#e#unit-1": 400}


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
