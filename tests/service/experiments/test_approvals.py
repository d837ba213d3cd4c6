"""Where an environment asks for it, what is shown to users waits for a second person."""

import uuid

import pytest

from tests.service.experiments.management_fixtures import EXPERIMENT


def waiting(careful, path, body=None, **options):
    """The change that waits, and its location."""
    answer = careful.post(path, body, **options)
    assert answer.status_code == 202, answer.text
    return answer.json(), answer.headers["location"].removeprefix("/api/v1")


def test_a_start_waits_and_is_done_when_another_person_approves(careful):
    careful.created()
    pending, location = waiting(careful, "/experiments/checkout/start")
    assert careful.get("/experiments/checkout").json()["status"] == "draft"
    assert pending["reasons"] == ["the experiment starts"]

    approved = careful.post(f"{location}/approve", {"comment": "looks right"}, role="approver")
    started = careful.get("/experiments/checkout").json()
    assert (approved.status_code, approved.json()["state"]) == (200, "approved")
    assert (started["status"], started["version"]) == ("running", 2)
    # Not when it was asked for: when it began.
    assert started["starts_at"] > pending["requested_at"]


def test_nobody_approves_their_own_change(careful):
    careful.created()
    _, location = waiting(careful, "/experiments/checkout/start", role="approver")

    own = careful.post(f"{location}/approve", role="approver")
    assert (own.status_code, own.json()["type"][-12:]) == (403, "own-approval")
    # Another account of the same role is another person; another role of the same account is not.
    assert careful.post(f"{location}/approve", role="admin", name="approver").status_code == 403
    other = careful.post(f"{location}/approve", role="approver", name="bob")
    assert other.status_code == 200


def test_approving_takes_an_approver(careful):
    careful.created()
    _, location = waiting(careful, "/experiments/checkout/start")
    answer = careful.post(f"{location}/approve", role="experimenter", name="bob")

    assert answer.status_code == 403
    assert "given experimenter, this needs approver" in answer.json()["detail"]


def test_a_change_whose_version_moved_is_stale(careful):
    careful.created()
    _, location = waiting(careful, "/experiments/checkout/start")
    careful.patch("/experiments/checkout", {"name": "Other"})

    answer = careful.post(f"{location}/approve", role="approver")
    assert (answer.status_code, answer.json()["type"][-12:]) == (409, "stale-change")
    assert careful.get(location).json()["state"] == "stale"
    assert careful.get("/experiments/checkout").json()["status"] == "draft"


def test_what_is_decided_stays_decided(careful):
    careful.created()
    _, location = waiting(careful, "/experiments/checkout/start")
    rejected = careful.post(f"{location}/reject", {"comment": "no"}, role="approver")
    again = careful.post(f"{location}/approve", role="admin")

    assert (rejected.json()["state"], rejected.json()["comment"]) == ("rejected", "no")
    assert (again.status_code, again.json()["type"][-15:]) == (409, "already-decided")


def test_stopping_never_waits(careful):
    careful.created()
    _, location = waiting(careful, "/experiments/checkout/start")
    careful.post(f"{location}/approve", role="approver")
    assert careful.post("/experiments/checkout/pause").status_code == 200
    assert careful.post("/experiments/checkout/complete").status_code == 200

    careful.flag()
    _, location = waiting(careful, "/feature-flags/new-checkout/enable")
    careful.post(f"{location}/approve", role="approver")
    killed = careful.post("/feature-flags/new-checkout/disable")
    assert (killed.status_code, killed.json()["enabled"]) == (200, False)


def test_a_rollout_of_a_flag_that_serves_waits(careful):
    careful.flag()
    free = careful.patch("/feature-flags/new-checkout", {"rules": []})
    _, location = waiting(careful, "/feature-flags/new-checkout/enable")
    careful.post(f"{location}/approve", role="approver")

    rules = [{"id": "all", "value": True}]
    held = careful.patch("/feature-flags/new-checkout", {"rules": rules})
    words = careful.patch("/feature-flags/new-checkout", {"description": "words"})
    assert [each.status_code for each in (free, held, words)] == [200, 202, 200]


def test_a_flag_that_is_born_on_waits_whole(careful):
    flag = {"key": "f", "type": "boolean", "default_value": True, "off_value": False}
    _, location = waiting(careful, "/feature-flags", flag | {"enabled": True})
    assert careful.get("/feature-flags/f").status_code == 404

    careful.post(f"{location}/approve", role="approver")
    assert careful.get("/feature-flags/f").json()["enabled"] is True


def test_an_approval_is_checked_against_what_is_there_by_then(careful):
    careful.post(
        "/feature-flags",
        {"key": "x", "type": "boolean", "default_value": False, "off_value": False},
    )
    on = {"type": "boolean", "default_value": False, "off_value": False, "enabled": True}
    asks = [{"flag": "x", "condition": {"value": True}}]
    _, location = waiting(careful, "/feature-flags", {"key": "y", "prerequisites": asks, **on})
    careful.post("/feature-flags/x/archive")

    answer = careful.post(f"{location}/approve", role="approver")
    assert answer.status_code == 422
    assert careful.get(location).json()["state"] == "pending"


def test_moving_everybody_in_a_group_waits(careful):
    careful.post("/saved-groups", {"key": "staff", "attribute": "id", "values": ["1"]})

    assert careful.patch("/saved-groups/staff", {"values": ["2"]}).status_code == 202
    assert careful.patch("/saved-groups/staff", {"description": "us"}).status_code == 200


def test_what_waits_is_listed_and_audited(careful):
    careful.created()
    careful.created(key="other")
    pending, location = waiting(careful, "/experiments/checkout/start")
    waiting(careful, "/experiments/other/start")
    careful.post(f"{location}/approve", role="approver")

    listed = careful.get("/approvals?state=pending").json()["approvals"]
    assert [each["key"] for each in listed] == ["other"]
    first = careful.get("/approvals?limit=1").json()
    second = careful.get(f"/approvals?limit=1&cursor={first['next_cursor']}").json()
    assert [first["approvals"][0]["key"], second["approvals"][0]["key"]] == ["other", "checkout"]
    request, start = careful.audit(key="checkout")[1:]
    assert (request["action"], request["actor"]["name"]) == ("request", "experimenter")
    assert (start["action"], start["actor"]["name"]) == ("start", "approver")
    assert start["detail"]["requested_by"]["name"] == "experimenter"
    assert start["detail"]["approval"] == pending["id"]


@pytest.mark.parametrize("verb", ["approve", "reject"])
def test_a_change_that_is_not_there_is_not_found(careful, verb):
    answer = careful.post(f"/approvals/{uuid.uuid4()}/{verb}", role="approver")

    assert answer.status_code == 404


def test_without_the_setting_nothing_waits(platform):
    platform.post("/experiments", EXPERIMENT)

    assert platform.post("/experiments/checkout/start").status_code == 200
