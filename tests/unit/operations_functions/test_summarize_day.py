import json
from datetime import UTC, date, datetime, timedelta

import boto3
import pytest

from kindred_aws.cost_explorer import CostExplorer
from kindred_aws.daily_figures import AlarmHistory, DailyFigures
from operations_functions import report_settings, summarize_day

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class AlarmPages:
    """moto keeps no history by date: pages as CloudWatch answers them."""

    def __init__(self, *changes):
        self._changes = changes
        self.asked = []

    def get_paginator(self, operation):
        assert operation == "describe_alarm_history"
        return self

    def paginate(self, **question):
        self.asked.append(question)
        for name, state in self._changes:
            data = json.dumps({"newState": {"stateValue": state}})
            yield {"AlarmHistoryItems": [{"AlarmName": name, "HistoryData": data}]}


def put(metric, value, *, at=NOON, environment="prod", service="similarity_service"):
    boto3.client("cloudwatch").put_metric_data(
        Namespace="Kindred",
        MetricData=[
            {
                "MetricName": metric,
                "Dimensions": [
                    {"Name": "environment", "Value": environment},
                    {"Name": "service", "Value": service},
                ],
                "Timestamp": at,
                "Value": value,
            }
        ],
    )


@pytest.fixture
def alarms(monkeypatch):
    def are(*changes):
        pages = AlarmPages(*changes)
        history = AlarmHistory(pages, stage="Kindred-prod")
        monkeypatch.setattr(summarize_day, "alarm_history", lambda: history)
        return pages

    return are


def test_yesterday_is_mailed_with_its_alarms(aws, alarms, due):
    for minute in range(10):
        put("request_count", 120.0, at=NOON + timedelta(minutes=minute))
    put("request_count", 60.0, at=NOON - timedelta(days=7))
    put("request_count", 99.0, environment="dev")
    put("request_count", 99.0, at=NOON + timedelta(days=1))
    pages = alarms(
        ("Kindred-prod-ApiStack-Errors", "ALARM"),
        ("Kindred-prod-ApiStack-Errors", "OK"),
        ("Kindred-prod-eu-west-1-ApiStack-Errors", "ALARM"),
    )

    answer = summarize_day.handler(due("2026-11-21"), None)

    [mail] = aws.mailed()
    assert answer["day"] == "2026-11-20"
    assert mail["Subject"] == answer["subject"] == "Kindred prod: 2026-11-20: 1 alarm"
    # Ten minutes of 120 requests; one minute of 60 a week before.
    assert "Similarity: requests  1,200  (+1900 %)" in mail["Message"]
    assert "1 x ApiStack-Errors" in mail["Message"]
    assert "Costs" not in mail["Message"]
    [question] = pages.asked
    assert question["StartDate"] == datetime(2026, 11, 20, tzinfo=UTC)
    assert question["EndDate"] == datetime(2026, 11, 21, tzinfo=UTC)


def test_costs_are_measured_where_somebody_knows_them(aws, alarms, due, monkeypatch, capsys):
    monkeypatch.setenv("COSTS_ARE_KNOWN", "true")
    put("request_count", 3e6, at=NOON - timedelta(days=1))
    asked = []

    class Costs:
        def get_cost_and_usage(self, **question):
            asked.append(question["TimePeriod"])
            group = {"Keys": ["S"], "Metrics": {"UnblendedCost": {"Amount": "6.0"}}}
            return {"ResultsByTime": [{"Groups": [group]}]}

    monkeypatch.setattr(summarize_day, "costs", lambda: CostExplorer(Costs(), environment="prod"))
    alarms()

    summarize_day.handler(due("2026-11-21"), None)

    [mail] = aws.mailed()
    assert "Costs of 2026-11-19, as known by now: $6.00, $2.00 a million" in mail["Message"]
    assert asked == [{"Start": "2026-11-19", "End": "2026-11-20"}]
    emitted = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert emitted["cost_per_million_requests"] == [2.0]
    assert emitted["cost_usd"] == [6.0]
    assert emitted["service"] == "operations"


def test_a_run_without_its_time_is_refused(aws):
    with pytest.raises(ValueError, match="scheduled_at: given None"):
        summarize_day.handler({}, None)


def test_figures_are_read_once_for_all(aws):
    figures = DailyFigures(boto3.client("cloudwatch"), namespace="Kindred", environment="prod")

    assert figures.of_day(summarize_day.FIGURES, date(2026, 11, 20)) == {}
    assert report_settings.settings().stage == "Kindred-prod"
