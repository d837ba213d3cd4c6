"""What becomes of a batch of a shard when the function fails with it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.local.emulator.kindred_emulator.stream_polling import (
    Answer,
    Batch,
    Decision,
    Rules,
    decide,
    first_failure,
    is_due,
    split_expired,
)


def _batch(count: int, *, failures: int = 0, arrived: float = 0.0) -> Batch:
    records = tuple(
        {"SequenceNumber": f"{number:04d}", "ApproximateArrivalTimestamp": arrived + number}
        for number in range(count)
    )
    return Batch(records, failures)


def _numbers(batch: Batch) -> list[int]:
    return [int(record["SequenceNumber"]) for record in batch.records]


def _asked_again(*numbers: int) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": f"{number:04d}"} for number in numbers]}


ERROR = Answer(failed=True)


def test_a_batch_that_succeeded_is_done() -> None:
    assert decide(Rules(), _batch(3), Answer(result="anything")) == Decision()


def test_a_failed_batch_is_tried_again_whole_and_after_a_pause() -> None:
    decision = decide(Rules(), _batch(3), ERROR)

    assert decision.again == (_batch(3, failures=1),)
    assert decision.pause_seconds > 0


def test_pauses_grow_with_each_failure_up_to_a_limit() -> None:
    pauses = [decide(Rules(), _batch(1, failures=n), ERROR).pause_seconds for n in (0, 1, 2, 60)]

    assert pauses == [0.1, 0.2, 0.4, 10.0]


def test_a_batch_is_given_up_after_its_retries_and_not_before() -> None:
    rules = Rules(maximum_retries=2)

    assert decide(rules, _batch(3, failures=1), ERROR).given_up is None
    last = decide(rules, _batch(3, failures=2), ERROR)
    assert last.given_up == _batch(3, failures=3)
    assert last.again == ()


def test_no_retries_means_one_try() -> None:
    assert decide(Rules(maximum_retries=0), _batch(1), ERROR).given_up == _batch(1, failures=1)


def test_without_a_limit_a_batch_is_never_given_up() -> None:
    assert decide(Rules(), _batch(1, failures=10_000), ERROR).given_up is None


def test_bisecting_tries_both_halves_in_order_at_once_and_counts_no_retry() -> None:
    decision = decide(Rules(bisect=True, maximum_retries=0), _batch(5), ERROR)

    assert [_numbers(half) for half in decision.again] == [[0, 1], [2, 3, 4]]
    assert {half.failures for half in decision.again} == {0}
    assert decision.pause_seconds == 0


def test_a_single_record_cannot_be_halved_and_uses_its_retries() -> None:
    rules = Rules(bisect=True, maximum_retries=1)

    assert decide(rules, _batch(1), ERROR).again == (_batch(1, failures=1),)
    assert decide(rules, _batch(1, failures=1), ERROR).given_up is not None


@given(count=st.integers(1, 60), poisoned=st.integers(0, 59), retries=st.integers(0, 3))
def test_one_poisoned_record_costs_its_neighbours_nothing_but_time(
    count: int, poisoned: int, retries: int
) -> None:
    rules, poison = Rules(bisect=True, maximum_retries=retries), min(poisoned, count - 1)
    waiting, done, given_up, calls = [_batch(count)], [], [], 0
    while waiting:
        batch, calls = waiting.pop(0), calls + 1
        failed = poison in _numbers(batch)
        decision = decide(rules, batch, Answer(failed=failed))
        waiting[:0] = decision.again
        done += [] if failed else _numbers(batch)
        given_up += _numbers(decision.given_up) if decision.given_up else []

    assert done == [number for number in range(count) if number != poison]
    assert given_up == [poison]
    assert calls <= 2 * count.bit_length() + retries + 1


def test_a_partial_response_checkpoints_before_the_lowest_failure() -> None:
    decision = decide(Rules(partial=True), _batch(5), Answer(result=_asked_again(4, 2)))

    assert [_numbers(batch) for batch in decision.again] == [[2, 3, 4]]
    assert decision.again[0].failures == 1


def test_a_partial_response_says_nothing_unless_the_mapping_asked_for_it() -> None:
    assert decide(Rules(), _batch(5), Answer(result=_asked_again(2))) == Decision()


def test_what_a_partial_response_asks_for_again_is_given_up_after_the_retries() -> None:
    rules = Rules(partial=True, bisect=True, maximum_retries=1)
    decision = decide(rules, _batch(4, failures=1), Answer(result=_asked_again(1)))

    assert decision.given_up is not None
    assert _numbers(decision.given_up) == [1, 2, 3]


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        pytest.param(None, None, id="no response is a success"),
        pytest.param({}, None, id="an empty response is a success"),
        pytest.param({"batchItemFailures": []}, None, id="no failures are a success"),
        pytest.param({"batchItemFailures": None}, None, id="null failures are a success"),
        pytest.param(_asked_again(3, 1), 1, id="the lowest of several"),
        pytest.param({"batchItemFailures": [{"itemIdentifier": ""}]}, 0, id="an empty identifier"),
        pytest.param({"batchItemFailures": [{"id": "0002"}]}, 0, id="another key"),
        pytest.param({"batchItemFailures": [{"itemIdentifier": "9"}]}, 0, id="an unknown record"),
        pytest.param("done", 0, id="no object"),
    ],
)
def test_a_partial_response_is_read_as_aws_reads_it(result: Any, expected: int | None) -> None:
    assert first_failure(result, _batch(5).records) == expected


def test_a_throttled_batch_is_tried_again_and_counts_no_retry() -> None:
    rules = Rules(maximum_retries=0, bisect=True)
    decision = decide(rules, _batch(4), Answer(failed=False, throttled=True))

    assert decision.again == (_batch(4),)
    assert decision.pause_seconds > 0


def test_records_too_old_are_parted_from_the_rest() -> None:
    rules = Rules(maximum_age_seconds=60)

    expired, fresh = split_expired(rules, _batch(4, arrived=100.0), now=162.0)

    assert expired is not None
    assert fresh is not None
    assert (_numbers(expired), _numbers(fresh)) == ([0, 1], [2, 3])


@pytest.mark.parametrize(
    ("now", "expired", "fresh"),
    [pytest.param(10.0, 0, 4, id="none too old"), pytest.param(1e6, 4, 0, id="all too old")],
)
def test_nothing_is_parted_where_all_are_alike(now: float, expired: int, fresh: int) -> None:
    parts = split_expired(Rules(maximum_age_seconds=60), _batch(4), now=now)

    assert [len(part.records) if part else 0 for part in parts] == [expired, fresh]


def test_without_an_age_limit_no_record_is_too_old() -> None:
    assert split_expired(Rules(), _batch(2), now=1e12) == (None, _batch(2))


@pytest.mark.parametrize(
    ("waiting", "age", "due"),
    [
        pytest.param(0, 100.0, False, id="nothing waits"),
        pytest.param(1, 1.9, False, id="neither full nor old enough"),
        pytest.param(1, 2.0, True, id="the window is over"),
        pytest.param(10, 0.0, True, id="full"),
    ],
)
def test_a_batch_goes_when_it_is_full_or_its_window_is_over(
    waiting: int, age: float, due: bool
) -> None:
    assert is_due(Rules(batch_size=10, window_seconds=2), waiting, oldest_age_seconds=age) is due


def test_rules_are_read_from_a_mapping_whose_values_are_text() -> None:
    rules = Rules.of(
        {
            "BatchSize": "50",
            "MaximumRetryAttempts": "3",
            "MaximumRecordAgeInSeconds": -1,
            "BisectBatchOnFunctionError": "true",
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
        }
    )

    assert rules == Rules(batch_size=50, maximum_retries=3, bisect=True, partial=True)


def test_a_mapping_that_says_nothing_gets_awss_defaults() -> None:
    assert Rules.of({}) == Rules(batch_size=100)
