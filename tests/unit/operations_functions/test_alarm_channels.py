import json
from urllib.error import HTTPError

import boto3
import pytest

from operations_functions import page_on_call, tell_slack
from operations_functions.web_post import NotTaken

CRITICAL = "arn:aws:sns:us-east-1:123456789012:critical"
WARNING = "arn:aws:sns:us-east-1:123456789012:warning"
ALARM = {
    "AlarmName": "Kindred-prod-MonitoringStack-HighErrorRate",
    "AlarmDescription": "Requests fail. Severity: critical. Runbook: docs/runbooks/errors.md",
    "NewStateValue": "ALARM",
    "NewStateReason": "Threshold Crossed",
    "StateChangeTime": "2026-11-21T02:59:58.123+0000",
    "AlarmArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:x",
}


def event(*messages, topic=CRITICAL):
    """As SNS invokes a function."""
    return {
        "Records": [
            {
                "EventSource": "aws:sns",
                "EventVersion": "1.0",
                "Sns": {
                    "Type": "Notification",
                    "MessageId": f"id-{number}",
                    "TopicArn": topic,
                    "Subject": None,
                    "Message": message,
                    "Timestamp": "2026-11-21T03:00:00.000Z",
                    "MessageAttributes": {},
                },
            }
            for number, message in enumerate(messages)
        ]
    }


@pytest.fixture
def channels(aws, monkeypatch, outside):
    secrets = boto3.client("secretsmanager")
    arn = secrets.create_secret(Name="channel", SecretString="token-1\n")["ARN"]
    monkeypatch.setenv("SECRET_ARN", arn)
    monkeypatch.setenv("CRITICAL_TOPIC_ARN", CRITICAL)
    monkeypatch.setenv("SLACK_CHANNEL", "#monitoring")
    monkeypatch.setattr(tell_slack, "API", outside.url)
    monkeypatch.setattr(page_on_call, "API", outside.url)
    return outside


def test_slack_is_told_of_an_alarm_with_its_page(channels):
    channels.answers.append((200, {"ok": True}))

    tell_slack.handler(event(json.dumps(ALARM)), None)

    [(headers, body)] = channels.asked
    assert headers["Authorization"] == "Bearer token-1"
    assert body["channel"] == "#monitoring"
    assert "*Requests fail*" in body["text"]
    assert "prod, critical, 2026-11-21T02:59:58.123+0000" in body["text"]
    assert "docs/runbooks/errors.md" in body["text"]


def test_slack_is_not_told_that_a_new_alarm_is_calm(channels):
    calm = {**ALARM, "NewStateValue": "OK", "OldStateValue": "INSUFFICIENT_DATA"}

    tell_slack.handler(event(json.dumps(calm)), None)

    assert channels.asked == []


def test_how_urgent_it_is_says_the_topic(channels):
    channels.answers.append((200, {"ok": True}))

    tell_slack.handler(event("words", topic=WARNING), None)

    assert "prod, warning" in channels.asked[0][1]["text"]


@pytest.mark.parametrize(
    ("handler", "answer", "error"),
    [
        pytest.param(
            tell_slack.handler,
            (200, {"ok": False, "error": "channel_not_found"}),
            NotTaken,
            id="slack refuses with 200",
        ),
        pytest.param(tell_slack.handler, (429, {}), HTTPError, id="slack is asked too often"),
        pytest.param(
            page_on_call.handler,
            (202, {"status": "invalid event", "message": "bad key"}),
            NotTaken,
            id="pagerduty refuses",
        ),
        pytest.param(page_on_call.handler, (500, {}), HTTPError, id="pagerduty is down"),
    ],
)
def test_what_is_not_taken_fails_so_that_lambda_tries_again(channels, handler, answer, error):
    channels.answers.append(answer)

    with pytest.raises(error):
        handler(event(json.dumps(ALARM)), None)


def test_who_is_on_call_is_paged_and_the_page_is_closed(channels):
    channels.answers += [(202, {"status": "success"})] * 2

    page_on_call.handler(event(json.dumps(ALARM)), None)
    page_on_call.handler(event(json.dumps({**ALARM, "NewStateValue": "OK"})), None)

    (_, opened), (_, closed) = channels.asked
    assert (opened["event_action"], closed["event_action"]) == ("trigger", "resolve")
    assert opened["dedup_key"] == closed["dedup_key"]
    assert opened["routing_key"] == "token-1"


def test_a_notice_that_is_no_alarm_pages_too(channels):
    channels.answers.append((202, {"status": "success"}))

    page_on_call.handler(event("embeddings: BAKING to ROLLBACK_FAILED: no"), None)

    [(_, body)] = channels.asked
    assert body["dedup_key"] == "id-0"
    assert body["payload"]["summary"].startswith("prod: embeddings: BAKING to ROLLBACK_FAILED")
