"""Calls that AWS will not do, cannot do now, or whose answer is lost."""

from __future__ import annotations

import pytest
from botocore.exceptions import EndpointConnectionError

from ops.local.sagemaker.operation import Refusal
from tests.unit.rollout_reconciler.world import FAILING, NAME

# Seconds a test, on emulated accounts.
pytestmark = pytest.mark.slow


@pytest.fixture
def serving(world):
    world.serve()
    return world


def refuse(world, refused, code="AccessDeniedException", times=99, status=400):
    """The next calls of this operation are answered so; how many are left of them."""
    left, call = [times], world.local.control_plane.call

    def answered(service, operation, parameters):
        if operation == refused and left[0]:
            left[0] -= 1
            raise Refusal(code, f"no {operation}", status)
        return call(service, operation, parameters)

    world.local.control_plane.call = answered
    return left


def test_what_is_refused_on_the_way_leads_back_and_says_why(serving):
    refuse(serving, "CreateEndpointConfig", "ResourceLimitExceeded")

    done = serving.until_over(serving.deploy())

    assert done.state == "FAILED"
    assert "was refused" in done.reason
    assert "no CreateEndpointConfig" in done.reason
    assert serving.models() == {"kindred-test-first-model"}
    assert serving.weights() == {"production": 1.0}


def test_a_rollback_that_is_refused_is_tried_three_times_and_then_a_persons(serving):
    serving.windows = {"canary": FAILING}
    left = refuse(serving, "UpdateEndpointWeightsAndCapacities")

    done = serving.until_over(serving.deploy())

    assert done.state == "ROLLBACK_FAILED"
    assert 99 - left[0] == 3
    assert "no UpdateEndpointWeightsAndCapacities" in done.reason


def test_a_rollback_that_is_refused_once_works_the_next_time(serving):
    serving.windows = {"canary": FAILING}
    refuse(serving, "UpdateEndpointWeightsAndCapacities", times=1)

    assert serving.until_over(serving.deploy()).state == "ROLLED_BACK"


def test_what_cannot_be_deleted_is_left_and_named(serving):
    refuse(serving, "DeleteModel")

    done = serving.until_over(serving.deploy())

    assert done.state == "COMPLETED"
    assert "left behind: DeleteModel kindred-test-first-model was refused" in done.reason


@pytest.mark.parametrize(
    ("operation", "code", "status"),
    [
        ("CreateModel", "ThrottlingException", 400),
        ("UpdateEndpoint", "Odd", 503),
        ("DeleteEndpointConfig", "ThrottlingException", 400),
    ],
)
def test_what_passes_by_itself_is_left_to_the_next_run(serving, operation, code, status):
    left = refuse(serving, operation, code, times=1, status=status)

    done = serving.until_over(serving.deploy())

    assert left == [0]
    assert done.state == "COMPLETED"
    assert serving.configurations() == {done.promoted_configuration}


def test_an_update_while_another_is_under_way_is_deferred(serving):
    deployment_id = serving.deploy()

    def meanwhile(**_):
        serving.sagemaker.meta.events.unregister("before-call.sagemaker.UpdateEndpoint", meanwhile)
        serving.sagemaker.update_endpoint(
            EndpointName=NAME, EndpointConfigName="kindred-test-first"
        )

    serving.sagemaker.meta.events.register("before-call.sagemaker.UpdateEndpoint", meanwhile)
    outcomes = serving.run()

    assert outcomes == {deployment_id: "the endpoint is Updating"}
    assert serving.until_over(deployment_id).state == "COMPLETED"


def test_traffic_goes_back_also_when_nobody_can_be_told(serving):
    serving.windows = {"canary": FAILING}
    deployment_id = serving.deploy()

    def unreachable(**_):
        raise EndpointConnectionError(endpoint_url="https://events")

    serving.events.meta.events.register("before-call", unreachable)
    for _ in range(10):
        serving.run()
        serving.wait(5)
    silent = serving.table.load(deployment_id)
    serving.events.meta.events.unregister("before-call", unreachable)
    serving.run()

    assert silent.state == "ROLLED_BACK"
    assert not any(each.announced for each in silent.transitions)
    assert not serving.table.load(deployment_id).is_unfinished
