"""What a rollout still does while another service of AWS does not answer."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from tests.unit.rollout_reconciler.world import QUICK

# Seconds a test, on emulated accounts.
pytestmark = pytest.mark.slow

UNREACHABLE = EndpointConnectionError(endpoint_url="https://monitoring")
FORBIDDEN = ClientError(
    {"Error": {"Code": "AccessDenied", "Message": "no GetMetricData"}}, "GetMetricData"
)


@pytest.fixture
def serving(world):
    world.serve()
    return world


def baking(world):
    """The canary has its first share of traffic, and nothing was judged yet."""
    deployment_id = world.deploy(plan=QUICK)
    for _ in range(12):
        world.run()
        if world.table.load(deployment_id).shift_confirmed_at:
            return deployment_id
        world.wait()
    raise AssertionError("the first share was not confirmed")


def without_metrics(world, error):
    def unread(*_):
        raise error

    world._windows = unread


def without_scaling(world):
    def unreachable(**_):
        raise EndpointConnectionError(endpoint_url="https://autoscaling")

    world.autoscaling.meta.events.register("before-call", unreachable)
    return lambda: world.autoscaling.meta.events.unregister("before-call", unreachable)


@contextmanager
def throttled(world, refused):
    def cancel(**_):
        raise ClientError(refused, "TransactWriteItems")

    events = world.dynamodb.meta.events
    events.register("before-call.dynamodb.TransactWriteItems", cancel)
    yield
    events.unregister("before-call.dynamodb.TransactWriteItems", cancel)


@pytest.mark.parametrize("error", [UNREACHABLE, FORBIDDEN], ids=["unreachable", "forbidden"])
def test_a_rollback_that_somebody_asks_for_needs_no_metrics(serving, error):
    deployment_id = baking(serving)
    without_metrics(serving, error)
    serving.wait(5)
    serving.ask(deployment_id, "rollback")

    assert serving.until_over(deployment_id).state == "ROLLED_BACK"
    assert serving.weights() == {"production": 1.0}


@pytest.mark.parametrize("error", [UNREACHABLE, FORBIDDEN], ids=["unreachable", "forbidden"])
def test_metrics_that_cannot_be_read_are_no_data_and_say_why(serving, error):
    deployment_id = baking(serving)
    without_metrics(serving, error)
    for _ in range(10):
        serving.wait()
        serving.run()

    found = serving.table.load(deployment_id)
    assert found.state == "PAUSED"
    assert {each.judgement.verdict for each in found.judgements} == {"no_data"}
    assert f"metrics could not be read: {error}" in found.reason


def test_a_rollout_without_metrics_still_ends_by_its_maximum(serving):
    deployment_id = baking(serving)
    without_metrics(serving, UNREACHABLE)

    done = serving.until_over(deployment_id)

    assert done.state == "ROLLED_BACK"
    assert "not over after" in done.transitions[-2].reason


def test_traffic_goes_back_before_anything_is_asked_about_scaling(serving):
    deployment_id = baking(serving)
    canary = serving.table.load(deployment_id).canary_variant
    again = without_scaling(serving)
    serving.ask(deployment_id, "rollback")
    for _ in range(4):
        serving.run()
        serving.wait()

    assert serving.weights() == {"production": 1.0, canary: 0.0}
    again()
    assert serving.until_over(deployment_id).state == "ROLLED_BACK"


@pytest.mark.parametrize("reason", ["ThrottlingError", "ProvisionedThroughputExceeded"])
def test_a_step_that_is_throttled_is_left_to_the_next_run(serving, reason):
    deployment_id = serving.deploy(plan=QUICK)
    refused = {
        "Error": {"Code": "TransactionCanceledException", "Message": "cancelled"},
        "CancellationReasons": [{"Code": reason}, {"Code": "None"}],
    }

    with throttled(serving, refused):
        [came_to] = serving.run().values()

    assert came_to.startswith("left to the next run: ")
    assert serving.until_over(deployment_id).state == "COMPLETED"
