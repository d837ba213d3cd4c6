import pytest
from botocore.exceptions import ClientError, ConnectionError

from kindred.experiments.arm_metrics import ArmWindow, Outcome, ServedRequest
from kindred_aws.metrics_table import MetricsTable


def click(number):
    return Outcome(
        event_id=f"event-{number}", kind="click", experiment_id="e", arm="v1", value=1.0, at=61
    )


def metrics_table(client, writer="task-1"):
    return MetricsTable(
        client,
        table_name="ab_metrics",
        request_log_name="request_log",
        writer=writer,
        clock=lambda: 1_000,
    )


@pytest.fixture
def window():
    window = ArmWindow(window_start=60, experiment_id="e", arm="v1")
    for latency in (10, 20):
        window.add_request(
            ServedRequest(
                experiment_id="e",
                arm="v1",
                new_unit=False,
                operation="find_similar",
                latency_ms=latency,
                failed=False,
                at=61,
            )
        )
    return window


def stored(client, key="60#v1#task-1"):
    item = client.get_item(
        TableName="ab_metrics", Key={"experiment_id": {"S": "e"}, "timestamp": {"S": key}}
    )["Item"]
    return {name: value.get("N", value.get("S")) for name, value in item.items()}


def test_a_window_is_one_item_with_the_columns_of_the_table(dynamodb, window):
    metrics_table(dynamodb).put(window)

    item = stored(dynamodb)
    assert item["arm"] == "v1"
    assert (float(item["requests_count"]), float(item["avg_latency_ms"])) == (2, 15)


def test_writing_a_window_twice_changes_nothing(dynamodb, window):
    table = metrics_table(dynamodb)
    table.put(window)
    first = stored(dynamodb)
    table.put(window)

    assert stored(dynamodb) == first


def test_an_outcome_counts_once_however_often_it_is_sent(dynamodb, window):
    table = metrics_table(dynamodb)
    window = table.put_with_outcomes(window, [click(1), click(2)])
    window = table.put_with_outcomes(window, [click(2), click(3), click(1)])

    assert stored(dynamodb)["clicks_count"] == "3"


def test_an_outcome_that_another_task_counted_is_left_out(dynamodb, window):
    metrics_table(dynamodb, writer="task-2").put_with_outcomes(window, [click(1)])
    metrics_table(dynamodb).put_with_outcomes(window, [click(1), click(2)])

    assert stored(dynamodb)["clicks_count"] == "1"


def test_an_outcome_sent_again_in_a_later_window_is_left_out(dynamodb, window):
    table = metrics_table(dynamodb)
    table.put_with_outcomes(window, [click(1)])
    later = table.put_with_outcomes(
        ArmWindow(window_start=120, experiment_id="e", arm="v1"), [click(1)]
    )

    assert later.values()["clicks_count"] == 0


class LosesTheFirstAnswer:
    """Carries a transaction out and loses the answer, as a broken connection does."""

    def __init__(self, client):
        self._client = client
        self._lost = False

    def __getattr__(self, name):
        return getattr(self._client, name)

    def transact_write_items(self, **arguments):
        answer = self._client.transact_write_items(**arguments)
        if not self._lost:
            self._lost = True
            raise ConnectionError(error="gone")
        return answer


def test_a_lost_answer_neither_loses_nor_doubles_a_count(dynamodb, window):
    table = metrics_table(LosesTheFirstAnswer(dynamodb))
    with pytest.raises(ConnectionError):
        table.put_with_outcomes(window, [click(1), click(2)])

    window = table.put_with_outcomes(window, [click(1), click(2)])
    table.put(window)

    assert stored(dynamodb)["clicks_count"] == "2"


def test_a_window_that_was_written_after_a_lost_answer_is_put_right(dynamodb, window):
    table = metrics_table(LosesTheFirstAnswer(dynamodb))
    with pytest.raises(ConnectionError):
        table.put_with_outcomes(window, [click(1), click(2)])
    table.put(window)
    assert stored(dynamodb)["clicks_count"] == "0"

    table.put_with_outcomes(window, [click(1), click(2)])

    assert stored(dynamodb)["clicks_count"] == "2"


def test_a_value_too_near_to_zero_for_the_table_counts_as_zero(dynamodb, window):
    tiny = Outcome(
        event_id="tiny", kind="conversion", experiment_id="e", arm="v1", value=5e-324, at=61
    )
    metrics_table(dynamodb).put_with_outcomes(window, [tiny])

    assert float(stored(dynamodb)["revenue_usd"]) == 0


def test_any_other_refusal_is_raised(dynamodb, window):
    table = MetricsTable(
        dynamodb,
        table_name="missing",
        request_log_name="request_log",
        writer="t",
    )

    with pytest.raises(ClientError):
        table.put_with_outcomes(window, [click(1)])
