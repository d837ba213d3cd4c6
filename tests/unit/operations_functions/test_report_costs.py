from datetime import UTC, datetime

import boto3
import pytest
from botocore.stub import Stubber

from kindred_aws.cost_explorer import CostExplorer
from operations_functions import report_costs


def question(start, end, **more):
    return {
        "TimePeriod": {"Start": start, "End": end},
        "Granularity": "MONTHLY",
        "Metrics": ["UnblendedCost"],
        "GroupBy": [{"Type": "DIMENSION", "Key": "SERVICE"}],
        "Filter": {
            "And": [
                {"Tags": {"Key": "Environment", "Values": ["prod"]}},
                {
                    "Not": {
                        "Dimensions": {
                            "Key": "RECORD_TYPE",
                            "Values": ["Credit", "Refund", "Tax"],
                        }
                    }
                },
            ]
        },
        **more,
    }


def answer(next_token=None, **services):
    groups = [
        {"Keys": [name], "Metrics": {"UnblendedCost": {"Amount": str(usd), "Unit": "USD"}}}
        for name, usd in services.items()
    ]
    page = {"ResultsByTime": [{"Groups": groups}]}
    return {**page, "NextPageToken": next_token} if next_token else page


@pytest.fixture
def explorer(aws, monkeypatch):
    """A client that answers what was put down, and refuses any other question."""
    client = boto3.client("ce", region_name="us-east-1")
    costs = CostExplorer(client, environment="prod")
    monkeypatch.setattr(report_costs, "costs", lambda: costs)
    monkeypatch.setenv("BUDGET_USD", "200")
    monkeypatch.setenv("SERVICE_BUDGETS_USD", '{"DynamoDB": 80}')
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def test_a_month_is_mailed_against_the_one_before_and_the_budgets(aws, explorer, due):
    boto3.client("cloudwatch").put_metric_data(
        Namespace="Kindred",
        MetricData=[
            {
                "MetricName": "request_count",
                "Dimensions": [
                    {"Name": "environment", "Value": "prod"},
                    {"Name": "service", "Value": "prediction_service"},
                ],
                "Timestamp": datetime(2025, 12, day, 12, tzinfo=UTC),
                "Value": 1_500_000.0,
            }
            for day in (1, 31)
        ],
    )
    december = ("2025-12-01", "2026-01-01")
    explorer.add_response("get_cost_and_usage", answer("more", DynamoDB=90.5), question(*december))
    explorer.add_response(
        "get_cost_and_usage", answer(S3=9.5), question(*december, NextPageToken="more")
    )
    explorer.add_response(
        "get_cost_and_usage", answer(DynamoDB=50.0), question("2025-11-01", "2025-12-01")
    )

    assert report_costs.handler(due("2026-01-04"), None) == {"month": "2025-12-01", "usd": 100.0}

    [mail] = aws.mailed()
    assert mail["Subject"] == "Kindred prod: December 2025: $100.00, 50 % of the budget"
    assert "$100.00 of $200.00 (+100 % against the month before)" in mail["Message"]
    assert "DynamoDB  $90.50  +81 %" in mail["Message"]
    assert "DynamoDB  $90.50  of $80.00" in mail["Message"]
    assert "3,000,000 requests: $33.33 a million." in mail["Message"]


def test_a_question_that_is_refused_fails_the_run(explorer, due):
    explorer.add_client_error("get_cost_and_usage", "DataUnavailableException")

    with pytest.raises(Exception, match="DataUnavailableException"):
        report_costs.handler(due("2026-01-04"), None)
