import json

import pytest

from kindred.reporting.notice_channels import page, slack_message
from kindred.reporting.notices import Notice, read_notice

AT = "2026-11-21T03:00:00.000Z"
ARN = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:Kindred-prod-MonitoringStack-HighErrorRate"


def alarm(state="ALARM", **changed):
    """As CloudWatch publishes it."""
    return json.dumps(
        {
            "AlarmName": "Kindred-prod-MonitoringStack-HighErrorRate",
            "AlarmDescription": (
                "More than 5 % of requests failed for 10 minutes. Severity: critical. "
                "Runbook: docs/runbooks/high-error-rate.md"
            ),
            "AWSAccountId": "123456789012",
            "NewStateValue": state,
            "NewStateReason": "Threshold Crossed: 2 datapoints were greater than 5.0.",
            "StateChangeTime": "2026-11-21T02:59:58.123+0000",
            "Region": "EU (Ireland)",
            "AlarmArn": ARN,
            "OldStateValue": "OK",
            "Trigger": {"MetricName": "error_rate_5xx"},
            **changed,
        }
    )


def read(message, subject=None):
    return read_notice(subject, message, message_id="m-1", at=AT)


def test_an_alarm_says_what_happened_and_which_page_to_open():
    notice = read(alarm(), 'ALARM: "HighErrorRate" in EU (Ireland)')

    assert notice.title == "More than 5 % of requests failed for 10 minutes"
    assert notice.runbook == "docs/runbooks/high-error-rate.md"
    assert notice.reason.startswith("Threshold Crossed")
    assert (notice.state, notice.key, notice.at) == ("begun", ARN, "2026-11-21T02:59:58.123+0000")
    assert notice.link == (
        "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1"
        "#alarmsV2:alarm/Kindred-prod-MonitoringStack-HighErrorRate"
    )


def test_the_end_of_an_alarm_has_the_key_of_its_beginning():
    begun, ended = read(alarm()), read(alarm("OK", OldStateValue="ALARM"))

    assert (begun.key, begun.state) == (ended.key, "begun")
    assert ended.state == "ended"


def test_a_new_alarm_that_finds_nothing_wrong_is_the_end_of_nothing():
    notice = read(alarm("OK", OldStateValue="INSUFFICIENT_DATA"))

    assert notice.state == "calm"
    event = page(notice, routing_key="r", environment="prod", severity="critical")
    assert event["event_action"] == "resolve"


@pytest.mark.parametrize("description", [None, ""])
def test_an_alarm_without_a_description_is_known_by_its_name(description):
    notice = read(alarm(AlarmDescription=description))

    assert notice.title == "Kindred-prod-MonitoringStack-HighErrorRate"
    assert notice.runbook is None


def test_a_spike_of_costs_says_how_much_and_of_what():
    notice = read(
        json.dumps(
            {
                "accountId": "123456789012",
                "anomalyId": "a-1",
                "anomalyStartDate": "2026-11-20T00:00:00Z",
                "anomalyDetailsLink": "https://console.aws.amazon.com/cost-management/a-1",
                "impact": {"totalImpact": 151.5, "totalImpactPercentage": 42.4},
                "rootCauses": [{"service": "AmazonCloudWatch", "region": "us-east-1"}],
            }
        )
    )

    assert notice.title == "Costs rose by $151.50 (42 % above what was expected)"
    assert notice.reason == "AmazonCloudWatch us-east-1"
    assert (notice.state, notice.runbook) == ("told", "docs/runbooks/cost-anomaly.md")


@pytest.mark.parametrize(
    ("subject", "message", "title"),
    [
        pytest.param(
            None, "embeddings: BAKING to ROLLBACK_FAILED: no", "embeddings: BAKING", id="words"
        ),
        pytest.param("AWS Budgets: kindred", "You asked us to tell you", "AWS Budgets", id="mail"),
        pytest.param(None, '["AlarmName"]', '["AlarmName"]', id="another kind of JSON"),
    ],
)
def test_whatever_else_comes_is_told_as_it_stands(subject, message, title):
    notice = read(message, subject)

    assert notice.title.startswith(title)
    assert (notice.reason, notice.state, notice.key) == (message, "told", "m-1")


def test_slack_is_told_with_the_page_and_cannot_be_made_to_ping():
    notice = Notice(
        key="k", state="begun", title="a < b", reason="<!channel> & all", at=AT, runbook="r.md"
    )
    message = slack_message(notice, channel="#monitoring", environment="prod", severity="warning")

    assert message["channel"] == "#monitoring"
    assert "*a &lt; b*" in message["text"]
    assert "&lt;!channel&gt; &amp; all" in message["text"]
    assert "`r.md`" in message["text"]


def test_what_is_over_needs_no_page_to_open():
    message = slack_message(
        read(alarm("OK")), channel="#m", environment="prod", severity="critical"
    )

    assert "Over: More than 5 %" in message["text"]
    assert "runbooks" not in message["text"]


def test_a_page_is_opened_and_closed_under_one_key():
    opened, closed = (
        page(read(alarm(state)), routing_key="r", environment="prod", severity="critical")
        for state in ("ALARM", "OK")
    )

    assert (opened["event_action"], closed["event_action"]) == ("trigger", "resolve")
    assert opened["dedup_key"] == closed["dedup_key"] == ARN
    assert opened["payload"]["summary"] == "prod: More than 5 % of requests failed for 10 minutes"
    assert opened["payload"]["severity"] == "critical"
    assert opened["payload"]["custom_details"]["runbook"] == "docs/runbooks/high-error-rate.md"


def test_a_page_keeps_to_the_limits_of_pagerduty():
    notice = Notice(key="k" * 400, state="told", title="t" * 2_000, reason="", at=AT)
    event = page(notice, routing_key="r", environment="prod", severity="warning")

    assert len(event["dedup_key"]) == 255
    assert len(event["payload"]["summary"]) == 1_024
    assert event["payload"]["severity"] == "warning"
