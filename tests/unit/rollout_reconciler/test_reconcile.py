"""The function as Lambda calls it: by a schedule, after a change, by SageMaker's events."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from kindred.rollout.deployment import Deployment
from rollout_functions import reconcile, rollout_settings
from tests.unit.rollout_reconciler.world import NAME

# Seconds a file.
pytestmark = pytest.mark.slow

SCHEDULE = {"scheduled_at": "2026-11-21T12:00:00Z"}
STATE_CHANGE = {
    "version": "0",
    "source": "aws.sagemaker",
    "detail-type": "SageMaker Endpoint State Change",
    "detail": {"EndpointName": NAME, "EndpointStatus": "IN_SERVICE"},
}
IN_TIME = SimpleNamespace(get_remaining_time_in_millis=lambda: 50_000)
LATE = SimpleNamespace(get_remaining_time_in_millis=lambda: 9_000)


@pytest.fixture
def deployed(world, monkeypatch):
    """The function, on a world that serves and has a deployment waiting."""
    world.serve()
    deployment_id = world.deploy()
    monkeypatch.setattr(reconcile, "deployments", lambda: world.table)
    monkeypatch.setattr(reconcile, "reconciliation", lambda **_: world.reconciliation())
    return SimpleNamespace(world=world, deployment_id=deployment_id)


@pytest.mark.parametrize("event", [SCHEDULE, STATE_CHANGE])
def test_every_event_means_the_same(deployed, event, capsys):
    outcomes = reconcile.handler(event, IN_TIME)

    assert outcomes == {deployed.deployment_id: "the endpoint is Updating"}
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    assert metrics[-1]["DeploymentsUnfinished"] == [1.0]


def test_a_new_deployment_begins_though_the_index_does_not_have_it_yet(deployed, monkeypatch):
    monkeypatch.setattr(deployed.world.table, "unfinished", lambda: [])

    outcomes = reconcile.handler({"deployment_id": deployed.deployment_id}, IN_TIME)

    assert outcomes == {deployed.deployment_id: "the endpoint is Updating"}


def test_a_change_is_driven_once(deployed):
    changed = {"deployment_id": deployed.deployment_id}

    assert list(reconcile.handler(changed, IN_TIME)) == [deployed.deployment_id]


def test_what_there_is_no_time_for_is_left_to_the_next_run(deployed):
    assert reconcile.handler(SCHEDULE, LATE) == {}


def test_one_that_cannot_be_driven_keeps_no_other_from_its_turn(deployed):
    world = deployed.world
    second = world.deploy(plan=type(world.table.load(deployed.deployment_id).plan)(dry_run=True))
    broken = world.table.load(deployed.deployment_id)
    world.table.save(Deployment.moved(broken, "IN_PROGRESS", at=world.now, reason="odd"))
    world.dynamodb.update_item(
        TableName="deployments",
        Key={"deployment_id": {"S": deployed.deployment_id}},
        UpdateExpression="REMOVE #plan",
        ExpressionAttributeNames={"#plan": "plan"},
    )

    with pytest.raises(KeyError, match="plan"):
        reconcile.handler(SCHEDULE, IN_TIME)

    assert world.table.load(second).state == "IN_PROGRESS"


@pytest.mark.parametrize(("given", "minutes"), [("5", 5), ("60", 60)])
def test_the_environment_says_how_long_a_minute_lasts(monkeypatch, given, minutes):
    for name in ("ENDPOINT_PREFIX", "EXECUTION_ROLE_ARN", "INSTANCE_TYPE", "DATA_CAPTURE_URI"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("DATA_KEY_ARN", "x")
    monkeypatch.setenv("INITIAL_INSTANCES", "1")
    monkeypatch.setenv("PREFLIGHT_ALARMS", "a,b")
    monkeypatch.setenv("ROLLOUT_MINUTE_SECONDS", given)
    rollout_settings.rollout_settings.cache_clear()

    settings = rollout_settings.rollout_settings()

    rollout_settings.rollout_settings.cache_clear()
    assert settings.minute.total_seconds() == minutes
    assert settings.alarms == ("a", "b")
    assert settings.subnet_ids == ()


def test_a_minute_of_another_length_is_refused(monkeypatch):
    monkeypatch.setenv("ROLLOUT_MINUTE_SECONDS", "7")
    rollout_settings.rollout_settings.cache_clear()

    with pytest.raises(ValueError, match="given 7, allowed 5, 10, 30, 60"):
        rollout_settings.rollout_settings()
