"""Completing, pausing and going back: who may, when, and that no wish is lost."""

import json
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from rollout_functions import deployments
from rollout_functions.api_settings import deployments as table
from tests.unit.rollout_functions.proxy_events import proxy_event
from tests.unit.rollout_functions.test_deployments import asked


@pytest.fixture
def running(clients):
    """The id of a deployment whose canary bakes."""
    made = json.loads(
        deployments.handler(proxy_event("POST", "/deployments", asked()), None)["body"]
    )
    found = table().load(made["deployment_id"])
    table().save(found.moved("IN_PROGRESS", at=datetime.now(UTC), reason="canary begins"))
    return made["deployment_id"]


def send(deployment_id, verb, body=None, **event):
    path = f"/deployments/{deployment_id}/{verb}"
    answered = deployments.handler(proxy_event("POST", path, body, **event), None)
    return answered["statusCode"], json.loads(answered["body"])


@pytest.mark.parametrize(
    ("verb", "groups", "status"),
    [
        pytest.param("complete", "approver", 202, id="an approver completes"),
        pytest.param("complete", "experimenter", 403, id="an experimenter does not complete"),
        pytest.param("rollback", "experimenter", 202, id="going back waits for nobody"),
        pytest.param("cancel", "experimenter", 202, id="nor does cancelling"),
        pytest.param("pause", "experimenter", 202, id="nor does a pause"),
        pytest.param("rollback", "viewer", 403, id="a viewer changes nothing"),
        pytest.param("pause", "", 403, id="nor does somebody without a group"),
        pytest.param("pause", None, 401, id="nor does a caller without a token"),
        pytest.param("complete", "viewer,admin", 202, id="groups as a list with commas"),
        pytest.param("complete", "[viewer approver]", 202, id="groups in brackets"),
        pytest.param("complete", ["viewer", "approver"], 202, id="groups as a list"),
        pytest.param("complete", "[superadmin approvers]", 403, id="groups of like names"),
    ],
)
def test_a_verb_asks_for_a_role(running, verb, groups, status):
    assert send(running, verb, groups=groups)[0] == status


def test_a_wish_is_kept_with_who_and_why_and_the_reconciler_called(running, reconciler):
    reconciler.calls.clear()

    _, document = send(running, "rollback", {"reason": "support calls"})

    wish = document["wish"]
    assert (wish["verb"], wish["by"]) == ("rollback", "experimenter@example.com")
    assert wish["reason"] == "support calls"
    assert reconciler.calls[0][2] == {"deployment_id": running}


def test_the_same_wish_again_changes_nothing(running):
    _, first = send(running, "pause")
    version = table().load(running).version

    status, again = send(running, "pause")

    assert status == 202
    assert again["wish"] == first["wish"]
    assert table().load(running).version == version


def test_what_the_state_does_not_allow_is_a_conflict_that_says_what_it_does(running):
    status, problem = send(running, "resume")

    assert status == 409
    assert problem["type"] == "urn:kindred:problem:invalid-transition"
    assert "complete, cancel, rollback, pause" in problem["detail"]


def test_a_wish_outlasts_a_reconciler_that_writes_at_the_same_time(running, monkeypatch):
    load, moments = table().load, []

    def overtaken(deployment_id):
        found = load(deployment_id)
        if len(moments) < 3:
            moments.append(table().save(found.moved("IN_PROGRESS", at=found.created_at, reason="")))
        return found

    monkeypatch.setattr(table(), "load", overtaken)

    status, _ = send(running, "rollback")

    assert status == 202
    assert load(running).wish.verb == "rollback"


def test_a_record_that_never_stands_still_is_said_to_have_changed(running, monkeypatch):
    load = table().load

    def overtaken(deployment_id):
        found = load(deployment_id)
        table().save(found.moved("IN_PROGRESS", at=found.created_at, reason=""))
        return found

    monkeypatch.setattr(table(), "load", overtaken)

    status, problem = send(running, "rollback")

    assert status == 409
    assert problem["type"] == "urn:kindred:problem:stale-change"


def test_a_reason_is_bounded_and_nothing_else_is_read(running):
    assert send(running, "pause", {"reason": "x" * 501})[0] == 422
    assert send(running, "pause", {"because": "x"})[0] == 422
    assert send(running, "pause", "not json")[0] == 400


@pytest.mark.parametrize("send_once", ["verb", "creation"])
def test_a_write_that_is_throttled_may_be_sent_again(running, clients, send_once):
    def cancel(**_):
        answer = {
            "Error": {"Code": "TransactionCanceledException", "Message": "cancelled"},
            "CancellationReasons": [{"Code": "ThrottlingError"}],
        }
        raise ClientError(answer, "TransactWriteItems")

    clients["dynamodb"].meta.events.register("before-call.dynamodb.TransactWriteItems", cancel)
    path = f"/deployments/{running}/rollback" if send_once == "verb" else "/deployments"
    body = None if send_once == "verb" else asked()
    answered = deployments.handler(proxy_event("POST", path, body), None)

    assert answered["statusCode"] == 503
    assert answered["headers"]["Retry-After"] == "1"
