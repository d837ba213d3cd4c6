from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.stub import Stubber

from kindred_aws.log_exports import LogExports
from operations_functions import export_logs

GROUP = "Kindred-prod-ApiStack-SimilarityLog"
CREATED = int(datetime(2026, 11, 13, 15, tzinfo=UTC).timestamp() * 1_000)
FIRST = {
    "taskName": f"2026-11-13 {GROUP}",
    "logGroupName": GROUP,
    "from": 1_794_528_000_000,
    "to": 1_794_614_399_999,
    "destination": "logs-bucket",
    "destinationPrefix": f"logs/{GROUP}/2026/11/13",
}


@pytest.fixture
def logs(aws, monkeypatch):
    client = boto3.client("logs")
    exports = LogExports(client, bucket="logs-bucket")
    monkeypatch.setattr(export_logs, "exports", lambda: exports)
    monkeypatch.setenv("EXPORT_AFTER_DAYS", "7")
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def groups_of(logs, *names):
    logs.add_response(
        "describe_log_groups",
        {
            "logGroups": [
                {"logGroupName": name, "creationTime": CREATED, "retentionInDays": 365}
                for name in names
            ]
        },
        {"logGroupNamePrefix": "Kindred-prod-"},
    )


def tasks_are(logs, **states):
    tasks = [{"taskName": name, "status": {"code": code}} for name, code in states.items()]
    logs.add_response("describe_export_tasks", {"exportTasks": tasks}, {})


def test_the_oldest_day_is_put_away_first(logs, due):
    tasks_are(logs)
    groups_of(logs, GROUP)
    logs.add_response("create_export_task", {"taskId": "t-1"}, FIRST)

    assert export_logs.handler(due("2026-11-21"), None) == {"started": FIRST["taskName"]}


def test_the_next_run_goes_on_after_what_is_done(logs, due):
    tasks_are(logs, **{FIRST["taskName"]: "COMPLETED"})
    groups_of(logs, GROUP)
    start = FIRST["from"] + int(timedelta(days=1).total_seconds()) * 1_000
    second = {
        **FIRST,
        "taskName": f"2026-11-14 {GROUP}",
        "from": start,
        "to": start + 86_399_999,
        "destinationPrefix": f"logs/{GROUP}/2026/11/14",
    }
    logs.add_response("create_export_task", {"taskId": "t-2"}, second)

    assert export_logs.handler(due("2026-11-21"), None) == {"started": second["taskName"]}


@pytest.mark.parametrize("state", ["PENDING", "RUNNING", "PENDING_CANCEL"])
def test_one_at_a_time(logs, due, state):
    # It does not even look at the groups.
    tasks_are(logs, other=state)

    assert export_logs.handler(due("2026-11-21"), None) == {"started": None}


def test_logs_of_others_are_left_alone(logs, due):
    tasks_are(logs)
    groups_of(logs, "Kindred-prod-eu-west-1-ApiStack-Log", "Kindred-prod-blue-ApiStack-Log")

    assert export_logs.handler(due("2026-11-21"), None) == {"started": None}


def test_where_somebody_else_was_faster_the_next_run_goes_on(logs, due):
    tasks_are(logs)
    groups_of(logs, GROUP)
    logs.add_client_error("create_export_task", "LimitExceededException")

    assert export_logs.handler(due("2026-11-21"), None) == {"started": None}


def test_what_is_not_allowed_fails_the_run(logs, due):
    tasks_are(logs)
    groups_of(logs, GROUP)
    logs.add_client_error("create_export_task", "AccessDeniedException")

    with pytest.raises(Exception, match="AccessDenied"):
        export_logs.handler(due("2026-11-21"), None)
