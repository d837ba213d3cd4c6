import pytest

from decision_functions.aggregate_metrics import handler


def items(aws, prefix="day#"):
    found = aws.dynamodb.scan(TableName="ab_metrics")["Items"]
    return {
        item["timestamp"]["S"]: {
            name: value.get("N", value.get("S")) for name, value in item.items()
        }
        for item in found
        if item["timestamp"]["S"].startswith(prefix)
    }


def test_the_windows_of_yesterday_become_one_row_an_arm(aws, put_window, due):
    put_window("2026-11-20", "v1", at="00:00")
    put_window("2026-11-20", "v1", at="23:59", writer="task-2", avg_latency_ms=40.5)
    put_window("2026-11-20", "v2", at="12:00", clicks_count=300)

    answer = handler(due("2026-11-21", at="00:15"), None)

    rows = items(aws)
    assert sorted(rows) == ["day#2026-11-20#v1", "day#2026-11-20#v2"]
    assert answer["requests"] == {"v1": 20_000, "v2": 10_000}
    assert float(rows["day#2026-11-20#v1"]["clicks_count"]) == 500
    assert float(rows["day#2026-11-20#v1"]["avg_latency_ms"]) == 30.5
    assert float(rows["day#2026-11-20#v1"]["ctr"]) == 0.025
    assert float(rows["day#2026-11-20#v2"]["ctr"]) == 0.03


def test_the_days_before_and_after_are_left_out(aws, put_window, due):
    put_window("2026-11-19", "v1", at="23:59")
    put_window("2026-11-20", "v1", at="00:00")
    put_window("2026-11-21", "v1", at="00:00")

    assert handler(due("2026-11-21", at="00:15"), None)["requests"] == {"v1": 10_000, "v2": 0}


def test_running_again_gives_the_same_row_also_for_a_day_long_past(aws, put_window, due):
    put_window("2026-11-18", "v1")
    handler(due("2026-11-19", at="00:15"), None)
    first = items(aws)

    handler(due("2026-11-19", at="00:15"), None)
    handler(due("2026-11-21", at="00:15", day="2026-11-18"), None)

    assert items(aws) == first


def test_a_row_is_no_window_and_is_not_counted_as_one(aws, put_window, due):
    put_window("2026-11-20", "v1")
    for _ in range(2):
        handler(due("2026-11-21", at="00:15"), None)

    assert float(items(aws)["day#2026-11-20#v1"]["requests_count"]) == 10_000


def test_an_arm_without_windows_is_said_to_be_missing(aws, put_window, due):
    put_window("2026-11-20", "v1")

    assert handler(due("2026-11-21", at="00:15"), None)["missing"] == ["v2"]
    assert items(aws)["day#2026-11-20#v2"]["windows_count"] == "0"
    assert "ctr" not in items(aws)["day#2026-11-20#v2"]


def test_a_day_of_many_pages_is_read_to_its_end(aws, put_window, due):
    for hour in range(4):
        put_window("2026-11-20", "v1", at=f"{hour:02}:00", padding="x" * 390_000)

    assert handler(due("2026-11-21", at="00:15"), None)["requests"]["v1"] == 40_000


@pytest.mark.parametrize(
    ("event", "message"),
    [
        pytest.param({}, "scheduled_at: given None, allowed a time such as", id="no time"),
        pytest.param({"scheduled_at": "tomorrow"}, "scheduled_at: given 'tomorrow'", id="no such"),
        pytest.param(
            {"scheduled_at": "2026-11-21T00:15:00Z", "day": "2026-11-21"},
            "day: given 2026-11-21, allowed up to 2026-11-20",
            id="a day that is not over",
        ),
    ],
)
def test_an_event_that_names_no_day_that_is_over_is_refused(aws, event, message):
    with pytest.raises(ValueError, match=message):
        handler(event, None)
