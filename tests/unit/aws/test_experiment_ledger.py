"""Whatever goes wrong while events are counted, none is lost and none counts twice."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, ConnectionError
from msgspec.structs import replace

from kindred.experiments.events import key_of
from kindred_aws.experiment_counters import ExperimentCounters
from tests.unit.aws.counting_tables import conversion, counts, exposure, ledger


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
        if f"e#e#{event_id}" in marks:
            return cancelled("None", "ValidationError")(client, arguments)
        return client.transact_write_items(**arguments)

    return happening


@pytest.mark.parametrize("accident", [lost_answer, never_arrived])
def test_an_accident_neither_loses_nor_doubles_a_count(dynamodb, accident):
    events = [exposure(1), exposure(2), conversion(1)]

    first = ledger(Meddled(dynamodb, accident)).count(events, shard="00")
    assert first.uncounted == {key_of(event) for event in events}
    assert "gone" in first.interrupted
    second = ledger(dynamodb).count(events, shard="00")

    assert second.counted + second.duplicates == 3
    assert counts(dynamodb).exposed("a").units == 2
    assert counts(dynamodb).metric("a", "revenue").units == 1


def test_an_accident_in_the_middle_leaves_the_rest_to_be_tried_again(dynamodb):
    events = [exposure(n) for n in range(100)]

    result = ledger(Meddled(dynamodb, None, never_arrived)).count(events, shard="00")

    assert result.counted == counts(dynamodb).exposed("a").units
    assert result.uncounted == {key_of(event) for event in events[result.counted :]}


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

    assert result.uncounted == {key_of(exposure(1))}
    assert "ThrottlingException" in result.interrupted
    assert sum(slept) < 10


def test_a_missing_right_is_no_reason_to_wait(dynamodb):
    slept = []

    result = ledger(Meddled(dynamodb, refused("AccessDeniedException")), slept).count(
        [exposure(1)], shard="00"
    )

    assert (result.uncounted, slept) == ({key_of(exposure(1))}, [])


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

    assert result.rejected == {key_of(events[17]): "ValidationError: why"}
    assert (result.counted, result.uncounted) == (39, frozenset())
    assert counts(dynamodb).exposed("a").units == 39


def test_two_experiments_may_be_told_of_one_happening_by_one_id(dynamodb):
    """As a caller does that names its request in every call to assign."""
    of_both = [exposure(1), replace(exposure(1), experiment_id="f", variation="b")]

    assert ledger(dynamodb).count(of_both, shard="00").counted == 2
    assert ledger(dynamodb).count(of_both, shard="01").duplicates == 2
    for experiment, variation in (("e", "a"), ("f", "b")):
        found = ExperimentCounters(dynamodb, table_name="counters").read(experiment)
        assert found.exposed(variation).units == 1


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
