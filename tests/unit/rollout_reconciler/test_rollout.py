"""Whole deployments on a local SageMaker that fails as the real one does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kindred.rollout.rollout_plan import RolloutPlan
from ops.local.sagemaker.faults import Fault
from tests.unit.rollout_reconciler.world import FAILING, GUARDED, IDLE, NAME, QUICK

# Seconds a test, on emulated accounts.
pytestmark = pytest.mark.slow


@pytest.fixture
def serving(world):
    world.serve()
    return world


def steps(deployment):
    return [each.weights for each in deployment.transitions]


def test_the_default_plan_goes_from_ten_to_a_hundred_percent(serving):
    deployment_id = serving.deploy(plan=RolloutPlan())

    done = serving.until_over(deployment_id)

    canary = done.canary_variant
    shares = [round(each.get(canary, 0), 2) for each in steps(done)]
    assert sorted(set(shares)) == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    assert done.state == "COMPLETED"
    assert (done.transitions[-1].at - done.created_at).total_seconds() >= 10 * 10 * 60


def test_a_failing_canary_gives_all_traffic_back_before_it_goes(serving):
    serving.windows = {"canary": FAILING}
    deployment_id = serving.deploy()

    done = serving.until_over(deployment_id)

    shifted = [body for name, body in serving.calls if name.endswith("WeightsAndCapacities")]
    given = {
        each["VariantName"]: each["DesiredWeight"]
        for each in shifted[-1]["DesiredWeightsAndCapacities"]
    }
    assert given == {"production": 1.0, done.canary_variant: 0.0}
    assert done.state == "ROLLED_BACK"
    assert "error" in done.reason
    assert serving.weights() == {"production": 1.0}


def test_an_update_that_fails_silently_is_noticed(serving):
    serving.local.faults.switch_on(Fault(name="failed-update"))
    deployment_id = serving.deploy()

    done = serving.until_over(deployment_id)

    assert done.state == "FAILED"
    assert "with configuration kindred-test-first" in done.reason
    assert serving.configurations() == {"kindred-test-first"}
    assert serving.models() == {"kindred-test-first-model"}


def test_a_stuck_update_ends_with_a_page(serving):
    serving.local.faults.switch_on(Fault(name="stuck-update"))
    deployment_id = serving.deploy(plan=replace(QUICK, maximum_minutes=20))

    done = serving.until_over(deployment_id)

    assert [each.after for each in done.transitions] == [
        "IN_PROGRESS",
        "ROLLING_BACK",
        "ROLLBACK_FAILED",
    ]
    assert "not over after 20 minutes" in done.transitions[1].reason
    assert "the endpoint is Updating" in done.reason


def test_a_throttled_api_only_takes_longer(serving):
    serving.local.faults.switch_on(Fault(name="throttled-api", share=0.3))
    deployment_id = serving.deploy(plan=replace(QUICK, maximum_minutes=2_000))

    done = serving.until_over(deployment_id, most_runs=200)

    serving.local.faults.switch_off()
    assert done.state == "COMPLETED"
    assert serving.configurations() == {done.promoted_configuration}


def test_a_mixed_endpoint_is_a_persons_matter(serving):
    deployment_id = serving.deploy(engine="guardrails", plan=GUARDED)
    serving.local.faults.switch_on(Fault(name="failed-rollback"))
    serving.run()
    serving.local.in_alarm = {"errors"}

    done = serving.until_over(deployment_id)

    assert done.state == "ROLLBACK_FAILED"
    assert "UpdateRollbackFailed" in done.reason


def test_guardrails_are_sagemakers_own_and_are_followed_back(serving):
    deployment_id = serving.deploy(engine="guardrails", plan=GUARDED)
    serving.run()
    serving.local.in_alarm = {"errors"}

    done = serving.until_over(deployment_id)

    assert done.state == "ROLLED_BACK"
    assert serving.endpoint()["EndpointConfigName"] == "kindred-test-first"
    assert serving.configurations() == {"kindred-test-first"}


def test_alarms_that_are_on_already_stop_a_deployment_before_it_begins(serving):
    serving.local.in_alarm = {"errors"}
    deployment_id = serving.deploy()

    done = serving.until_over(deployment_id)

    assert (done.state, done.reason) == ("FAILED", "pre-flight: in ALARM already: errors")
    assert serving.changed == []


def test_without_data_it_pauses_and_goes_on_when_somebody_says_so(serving):
    serving.windows = {"canary": IDLE}
    deployment_id = serving.deploy()
    for _ in range(12):
        serving.run()
        serving.wait()
    paused = serving.table.load(deployment_id)
    serving.windows = {}
    serving.ask(deployment_id, "resume")

    done = serving.until_over(deployment_id)

    assert paused.state == "PAUSED"
    assert paused.reason.startswith("no data in 5 checks running: ")
    assert done.state == "COMPLETED"


def test_a_dry_run_judges_and_calls_nothing_that_changes_anything(serving):
    deployment_id = serving.deploy(plan=replace(QUICK, dry_run=True))

    done = serving.until_over(deployment_id)

    assert done.state == "COMPLETED"
    assert done.reason.startswith("dry run, pass: ")
    assert done.judgements[-1].judgement.verdict == "pass"
    assert serving.changed == []


def test_completing_takes_the_canary_to_all_traffic_at_once(serving):
    deployment_id = serving.deploy(plan=RolloutPlan())
    serving.run()
    serving.wait(2)
    serving.run()
    serving.ask(deployment_id, "complete")

    done = serving.until_over(deployment_id)

    assert done.state == "COMPLETED"
    assert serving.weights() == {done.canary_variant: 1.0}
    assert "complete by ada: because" in [each.reason for each in done.transitions]


def test_weights_that_somebody_moved_are_put_back_and_the_bake_begins_anew(serving):
    deployment_id = serving.deploy(plan=RolloutPlan())
    serving.run()
    serving.wait(2)
    serving.run()
    confirmed = serving.table.load(deployment_id)
    serving.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=NAME,
        DesiredWeightsAndCapacities=[
            {"VariantName": confirmed.canary_variant, "DesiredWeight": 5.0}
        ],
    )
    for _ in range(3):
        serving.wait(2)
        serving.run()

    again = serving.table.load(deployment_id)
    assert serving.weights()[confirmed.canary_variant] == pytest.approx(0.1)
    assert again.shift_confirmed_at > confirmed.shift_confirmed_at
