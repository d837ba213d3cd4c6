"""What limits a deployment, what somebody may ask of it, and what it begins with."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kindred.rollout.deployment import ModelSource, Wish
from kindred.rollout.endpoint_calls import Make, UpdateWeights
from kindred.rollout.rollout_plan import InvalidPlan, RolloutPlan
from tests.unit.rollout.rollout_states import (
    CANARY,
    MINUTE,
    NOW,
    answered,
    baking,
    begun,
    endpoint,
    pending,
    said,
    shared,
    step,
    unwinding,
)

CANCEL = Wish(verb="cancel", by="ada", at=NOW, reason="because")
MODEL, WITH_CANARY = begun().model_name, begun().canary_configuration


@pytest.mark.parametrize("stage", ["add", "bake", "promote"])
def test_nothing_lasts_longer_than_its_maximum(stage):
    deployment = replace(baking(plan=RolloutPlan(maximum_minutes=100)), stage=stage)

    within = step(deployment, shared(0.1, status="Updating"), after=99 * MINUTE)
    over = step(deployment, shared(0.1, status="Updating"), after=100 * MINUTE)

    assert said(within) == "wait"
    assert said(over) == "ROLLING_BACK unwind"
    assert "not over after 100 minutes" in over.deployment.reason


def test_going_back_does_not_last_for_ever_either():
    stuck = step(unwinding(), shared(0.1, status="Updating"), after=60 * MINUTE)

    assert said(stuck) == "ROLLBACK_FAILED unwind"
    assert "the endpoint is Updating" in stuck.deployment.reason


def test_going_back_waits_for_an_update_that_sagemaker_guards_as_long_as_that_may_take():
    """An update under way takes no other: SageMaker ends it within the plan's maximum."""
    guarded = pending(engine="guardrails", plan=RolloutPlan(maximum_minutes=240))
    begun = replace(step(guarded, endpoint()).deployment, wish=CANCEL)
    going_back = step(begun, endpoint("Updating")).deployment
    assert going_back.stage == "unwind"

    shifting = step(going_back, endpoint("Updating"), after=299 * MINUTE)
    stuck = step(going_back, endpoint("Updating"), after=300 * MINUTE)

    assert said(shifting) == "wait"
    assert said(stuck) == "ROLLBACK_FAILED unwind"


def test_a_first_model_that_goes_back_leaves_no_weights():
    first = step(pending(), None).deployment
    assert first.weights == {"production": 1.0}

    going_back = step(replace(first, wish=CANCEL), None).deployment

    assert (going_back.stage, going_back.weights) == ("unwind", {})


def test_waiting_to_begin_ends_too():
    late = step(pending(), endpoint("Updating"), after=timedelta(days=2))

    assert said(late) == "FAILED admit"


@pytest.mark.parametrize(
    ("verb", "deployment", "expected"),
    [
        ("cancel", pending(), "CANCELLED admit"),
        ("cancel", baking(), "ROLLING_BACK unwind"),
        ("rollback", baking(state="PAUSED"), "ROLLING_BACK unwind"),
        ("pause", baking(), "PAUSED bake"),
        ("resume", baking(state="PAUSED"), "IN_PROGRESS bake"),
        ("complete", baking(), "IN_PROGRESS promote"),
        ("complete", begun(), f"call CreateModel {MODEL}"),
        ("cancel", unwinding(), "ROLLING_BACK unwind"),
    ],
)
def test_what_somebody_asks_for_is_taken_up(verb, deployment, expected):
    wished = replace(deployment, wish=Wish(verb=verb, by="ada", at=NOW, reason="because"))

    action = step(wished, endpoint())

    assert said(action) == expected
    kept = action.deployment.wish is not None
    assert kept == isinstance(action, Make)


def test_a_wish_is_told_with_its_author_and_reason():
    wished = replace(baking(), wish=Wish(verb="rollback", by="ada", at=NOW, reason="odd answers"))

    assert step(wished, shared(0.1)).deployment.reason == "rollback by ada: odd answers"


def test_a_first_model_gets_all_traffic_of_a_captured_and_encrypted_endpoint():
    first = step(pending(), None).deployment
    model = first.model_name
    action = step(answered(first, f"CreateModel {model}"), None)

    content = action.call.content
    assert content["ProductionVariants"][0]["VariantName"] == "production"
    assert content["DataCaptureConfig"]["EnableCapture"] is True
    assert content["KmsKeyId"] == content["DataCaptureConfig"]["KmsKeyId"]
    assert first.weights == {"production": 1.0}


def test_a_first_endpoint_that_fails_is_deleted_again():
    failed = endpoint(status="Failed", configuration=WITH_CANARY, scalable=frozenset())
    back = step(step(pending(), None).deployment, failed).deployment

    assert said(step(back, failed)) == "call DeleteEndpoint embeddings"
    assert said(step(back, None)) == "ROLLING_BACK clean"


@pytest.mark.parametrize("percent", [1, 10, 33, 50, 99])
def test_every_call_that_shifts_names_every_variant_and_sums_to_one(percent):
    action = step(baking(step=percent), shared(0.005))

    assert isinstance(action.call, UpdateWeights)
    assert action.call.weights.keys() == {"production", CANARY}
    assert sum(action.call.weights.values()) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"canary_percent": 0}, "canary_percent: given 0, allowed 1 to 100"),
        ({"step_percent": True}, "step_percent: given True, allowed 1 to 100"),
        ({"on_no_data": "hope"}, "on_no_data: given 'hope', allowed pause, roll_back"),
        ({"maximum_minutes": 20}, "maximum_minutes: given 20, allowed 100 to 43200"),
    ],
)
def test_a_plan_says_what_is_wrong_with_it(given, message):
    with pytest.raises(InvalidPlan, match=f"^{message}$"):
        RolloutPlan(**given)


def test_a_model_is_a_package_or_an_artefact():
    with pytest.raises(ValueError, match="allowed either package_arn alone"):
        ModelSource(package_arn="arn", image="image:1", model_data_url="s3://a/b")
    with pytest.raises(ValueError, match="allowed either package_arn alone"):
        ModelSource(image="image:1")


@pytest.mark.parametrize(
    ("weights", "served"),
    [
        pytest.param({"a": 0.9, "b": 0.1}, True, id="as intended"),
        pytest.param({"a": 9.0, "b": 1.0}, True, id="weights are relative"),
        pytest.param({"a": 0.8999999761581421, "b": 0.10000000149}, True, id="single precision"),
        pytest.param({"a": 0.9, "b": 0.2}, False, id="another share"),
        pytest.param({"a": 0.9, "b": 0.1, "c": 0.0}, False, id="one variant too many"),
        pytest.param({"a": 1.0}, False, id="one too few"),
        pytest.param({"a": 0.0, "b": 0.0}, False, id="nothing serves"),
    ],
)
def test_a_shift_is_confirmed_by_every_variants_share(weights, served):
    assert endpoint(weights=weights).serves({"a": 0.9, "b": 0.1}) is served
