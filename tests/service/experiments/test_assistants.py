"""The optional parts, against servers that speak their protocols."""

import time

import pytest

from experiments_service.assistants.email import Email
from experiments_service.assistants.experiment_design import DesignAssistant
from experiments_service.assistants.slack import Slack
from experiments_service.settings import OptionalParts
from tests.service.experiments.management_fixtures import EXPERIMENT, served, world

# Seconds a file.
pytestmark = pytest.mark.slow


class Other:
    """The other side: what it was asked, and what it answers."""

    def __init__(self, status=200, value=None):
        self.asked, self.status, self.value = [], status, value

    def __call__(self, method, path, headers, body):
        self.asked.append((method, path, headers, body))
        return self.status, self.value


@pytest.fixture
def world_with(migrated, user_pool, valkey_port):
    def make(**options):
        return world(migrated, user_pool, user_pool.url, valkey_port, **options)

    return make


def eventually(condition):
    end = time.monotonic() + 5
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    assert condition()


def test_without_their_keys_they_are_off_and_say_what_is_missing(platform):
    body = platform.get("/capabilities", role="viewer").json()

    assert body["slack"] == {"state": "off", "needs": "SLACK_BOT_TOKEN"}
    assert body["email"] == {"state": "off", "needs": "SENDGRID_API_KEY"}
    assert body["design_assistant"] == {"state": "off", "needs": "ANTHROPIC_API_KEY"}
    answer = platform.post("/experiment-suggestions", {"idea": "a green button"})
    assert answer.status_code == 501
    assert "ANTHROPIC_API_KEY switches it on" in answer.json()["detail"]


def test_slack_is_told_as_its_api_asks(world_with, platform):
    slack = Other(value={"ok": True})
    with served(slack) as address:
        way = Slack(token="xoxb-1", channel="#tests", api=f"{address}/api")
        parts = OptionalParts(slack_token="xoxb-1")
        with world_with(ways=[way], optional=parts) as made:
            made.flag()
            made.post("/feature-flags/new-checkout/enable")
            eventually(lambda: slack.asked)
            assert made.get("/capabilities").json()["slack"]["state"] == "on"

    method, path, headers, body = slack.asked[0]
    assert (method, path) == ("POST", "/api/chat.postMessage")
    assert headers["authorization"] == "Bearer xoxb-1"
    assert body["channel"] == "#tests"
    assert body["text"] == "test: experimenter, enable feature flag new-checkout: done"


def test_an_approver_is_told_what_waits(world_with, platform):
    slack = Other(value={"ok": True})
    with served(slack) as address:
        way = Slack(token="t", channel="#c", api=f"{address}/api")
        with world_with(ways=[way], approvals_required=True) as made:
            made.created()
            pending = made.post("/experiments/checkout/start").json()
            eventually(lambda: slack.asked)

    assert pending["id"] in slack.asked[0][3]["text"]
    assert "the experiment starts" in slack.asked[0][3]["text"]


def test_email_is_sent_as_sendgrid_asks(world_with, platform):
    sendgrid = Other(status=202)
    with served(sendgrid) as address:
        way = Email(key="SG.1", to="a@x.example, b@x.example", sender="k@x.example", api=address)
        with world_with(ways=[way]) as made:
            made.flag()
            made.post("/feature-flags/new-checkout/enable")
            eventually(lambda: sendgrid.asked)

    method, path, headers, body = sendgrid.asked[0]
    assert (method, path, headers["authorization"]) == ("POST", "/v3/mail/send", "Bearer SG.1")
    assert body["personalizations"] == [
        {"to": [{"email": "a@x.example"}, {"email": "b@x.example"}]}
    ]
    assert body["from"] == {"email": "k@x.example"}


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(Other(value={"ok": False, "error": "invalid_auth"}), id="refused with 200"),
        pytest.param(Other(status=500, value={}), id="broken"),
        pytest.param(Other(value="what"), id="another protocol"),
    ],
)
def test_a_notice_that_fails_is_logged_and_the_change_stands(world_with, platform, other):
    with (
        served(other) as address,
        world_with(ways=[Slack(token="t", channel="#c", api=address)]) as made,
    ):
        made.flag()
        answer = made.post("/feature-flags/new-checkout/enable")
        eventually(lambda: made.logged("notice not sent"))

    assert answer.status_code == 200
    assert b"notices_failed_total 1.0" in made.collaborators.metrics.prometheus_text()


def anthropic(suggestion):
    content = [{"type": "text", "text": "Here."}]
    if suggestion is not None:
        content.append({"type": "tool_use", "name": "suggest_experiment", "input": suggestion})
    return {"type": "message", "role": "assistant", "content": content}


def suggested(world_with, other, idea="a green button sells more"):
    with (
        served(other) as address,
        world_with(assistant=DesignAssistant(key="sk-ant-1", api=address)) as made,
    ):
        return made.post("/experiment-suggestions", {"idea": idea})


def test_a_suggestion_is_a_checked_draft_and_nothing_more(world_with, platform):
    other = Other(value=anthropic(EXPERIMENT))
    answer = suggested(world_with, other)

    body = answer.json()
    assert (answer.status_code, body["problems"]) == (200, [])
    assert body["draft"]["key"] == "checkout"
    assert body["sample_size"]["planned_per_arm"] == 262_819
    method, path, headers, asked = other.asked[0]
    assert (method, path) == ("POST", "/v1/messages")
    assert (headers["x-api-key"], headers["anthropic-version"]) == ("sk-ant-1", "2023-06-01")
    assert asked["tool_choice"]["name"] == asked["tools"][0]["name"]
    assert asked["messages"][0]["content"] == "<idea>a green button sells more</idea>"
    assert platform.get("/experiments").json()["experiments"] == []
    assert platform.audit() == []


@pytest.mark.parametrize(
    ("suggestion", "problem"),
    [
        pytest.param(EXPERIMENT | {"status": "running"}, "/status: Extra inputs", id="started"),
        pytest.param(EXPERIMENT | {"metrics": []}, "/metrics: no metric has", id="no metric"),
        pytest.param({}, "/key: Field required", id="nothing"),
    ],
)
def test_a_suggestion_that_is_wrong_says_so(world_with, platform, suggestion, problem):
    answer = suggested(world_with, Other(value=anthropic(suggestion)))

    assert answer.status_code == 200
    assert any(each.startswith(problem) for each in answer.json()["problems"])


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(Other(status=529, value={"type": "error"}), id="overloaded"),
        pytest.param(Other(value=anthropic(None)), id="only words"),
        pytest.param(Other(value=[]), id="another protocol"),
    ],
)
def test_an_assistant_that_fails_is_a_bad_gateway(world_with, platform, other):
    answer = suggested(world_with, other)

    assert (answer.status_code, answer.json()["type"][-21:]) == (502, "assistant-unavailable")
