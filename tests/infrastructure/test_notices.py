"""An environment that names its channels: who is paged, who reads it in Slack, and what is kept."""

import re

import pytest

from stacks.yaml_file import InvalidFile
from tests.infrastructure.choices import SECRETS, changed
from tests.infrastructure.synthesized import as_list

CHANNELS = "OperationsStack/Channels"


def listeners(platform, protocol):
    """Of each topic, by where a subscription goes."""
    found = {}
    for each in platform.of_type("AWS::SNS::Subscription"):
        if each.properties["Protocol"] == protocol:
            topic = platform.named(each.properties["TopicArn"], stack=each.stack)
            goes_to = platform.named(each.properties["Endpoint"], stack=each.stack)
            found.setdefault(topic, set()).add(goes_to)
    return found


def test_what_is_critical_pages_and_what_waits_is_read_in_slack(mixed):
    assert listeners(mixed, "lambda") == {
        "NetworkStack/Alarms/Critical": {f"{CHANNELS}/PageOnCall", f"{CHANNELS}/TellSlack"},
        "NetworkStack/Alarms/Warning": {f"{CHANNELS}/TellSlack"},
    }


def test_all_severities_are_mailed_and_reports_to_whom_they_concern(mixed):
    mail = listeners(mixed, "email")

    for severity in ("Critical", "Warning", "Information"):
        assert mail[f"NetworkStack/Alarms/{severity}"] == {"on-call@example.com"}
    assert mail["OperationsStack/Reports"] == {"heads@example.com"}


def test_what_nobody_took_is_kept(mixed):
    for each in mixed.of_type("AWS::SNS::Subscription"):
        topic = mixed.named(each.properties["TopicArn"], stack=each.stack)
        if topic.startswith("NetworkStack/Alarms/"):
            letters = each.properties["RedrivePolicy"]["deadLetterTargetArn"]
            assert mixed.named(letters, stack=each.stack) == "NetworkStack/Alarms/Undelivered"
    for name in ("PageOnCall", "TellSlack"):
        kept = mixed.at(f"{CHANNELS}/{name}Failures").properties["DestinationConfig"]
        letters = mixed.named(kept["OnFailure"]["Destination"], stack="OperationsStack")
        assert letters == "NetworkStack/Alarms/Undelivered"


def test_sns_may_leave_letters_of_alarm_topics_alone_in_the_encrypted_queue(mixed):
    policy = mixed.at("NetworkStack/Alarms/Undelivered/Resource/Policy").properties[
        "PolicyDocument"
    ]
    senders = {
        mixed.named(statement["Condition"]["ArnEquals"]["aws:SourceArn"], stack="NetworkStack")
        for statement in policy["Statement"]
        if statement["Effect"] == "Allow" and statement["Action"] == "sqs:SendMessage"
    }
    key = mixed.at("NetworkStack/TelemetryKey").properties["KeyPolicy"]
    services = {
        service
        for statement in key["Statement"]
        for service in as_list(statement["Principal"].get("Service", []))
    }

    assert senders == {
        f"NetworkStack/Alarms/{each}" for each in ("Critical", "Warning", "Information")
    }
    assert "sns.amazonaws.com" in services


@pytest.mark.parametrize(
    ("secret", "reader"), [("bot", "TellSlack"), ("pager", "PageOnCall")], ids=lambda each: each
)
def test_each_channel_reads_its_own_secret(mixed, secret, reader):
    readers = mixed.who_may("secretsmanager:GetSecretValue", f"{SECRETS}:{secret}-AbCdEf")

    assert readers == {f"{CHANNELS}/{reader}/Role"}


def test_channels_are_made_where_they_are_named(platform):
    assert not [each for each in platform.resources if each.path.startswith(CHANNELS)]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param(
            {"retention": {"log_days": 7}},
            "logs.export: given after_days 7 and retention.log_days 7, allowed an export before",
            id="logs end before they are put away",
        ),
        pytest.param(
            {"alarms": {"pagerduty": {"secret_arn": "a-key"}}},
            'alarms.pagerduty.secret_arn: given "a-key", allowed text like ^arn:aws:secretsmanager',
            id="a key where its secret belongs",
        ),
        pytest.param({"budgets": {"monthly_usd": 0}}, "budgets.monthly_usd: given 0", id="free"),
        pytest.param({"checks": {"every_minutes": 90}}, "checks.every_minutes", id="too rare"),
        pytest.param({"logs": {"sample_percent": 101}}, "logs.sample_percent", id="over all"),
        pytest.param(
            {"reports": {"monthly_on_day": 31}}, "reports.monthly_on_day", id="no such day"
        ),
    ],
)
def test_what_cannot_be_is_named_with_what_is_allowed(change, says):
    with pytest.raises(InvalidFile, match=re.escape(says)):
        changed("dev", **change)
