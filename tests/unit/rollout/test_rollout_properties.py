"""Whatever SageMaker shows: weights cover every variant, sum to one, and nothing is for ever."""

from __future__ import annotations

import random
from datetime import timedelta

from botocore.session import get_session
from hypothesis import given, settings
from hypothesis import strategies as st

from kindred.rollout.deployment_json import deployment_from_json, deployment_to_json
from kindred.rollout.endpoint_calls import CreateConfiguration, Make, UpdateWeights, Wait
from kindred.rollout.endpoint_configuration import DESCRIBED_ONLY, with_canary, with_model, without
from kindred.rollout.intents import acknowledged
from kindred.rollout.rollout_plan import RolloutPlan
from tests.unit.rollout.rollout_states import (
    BOTH,
    CANARY,
    DESCRIBED,
    MINUTE,
    endpoint,
    judgement,
    pending,
    step,
)

plans = st.builds(
    RolloutPlan,
    canary_percent=st.integers(1, 100),
    step_percent=st.integers(1, 100),
    bake_minutes=st.integers(4, 60),
    auto_rollback=st.booleans(),
)
VERDICTS = ["pass", "pass", "pass", "fail", "inconclusive", "no_data"]
STATUSES = ["InService"] * 6 + ["Updating", "SystemUpdating", "RollingBack"]
quickly = settings(max_examples=40, deadline=None)


class Account:
    """Does what is called at once, unless it forgets to."""

    def __init__(self):
        self.configuration = "kindred-test-old"
        self.contents = {self.configuration: DESCRIBED}
        self.weights = {"production": 1.0}

    def do(self, call):
        match type(call).__name__:
            case "CreateConfiguration":
                self.contents[call.name] = call.content
            case "UpdateEndpoint":
                self.configuration = call.name
                self.weights = {
                    each["VariantName"]: each["InitialVariantWeight"]
                    for each in self.contents[call.name]["ProductionVariants"]
                }
            case "UpdateWeights":
                self.weights = dict(call.weights)

    def seen(self, status):
        return endpoint(
            status,
            self.configuration,
            self.weights,
            described=self.contents[self.configuration],
            scalable=BOTH & self.weights.keys() if status != "InService" else frozenset(),
        )


@quickly
@given(plan=plans, seed=st.integers(0, 10**6))
def test_weights_cover_every_variant_and_sum_to_one(plan, seed):
    draw = random.Random(seed)
    account, deployment, now = Account(), pending(plan=plan), timedelta(0)
    for _ in range(100):
        status, verdict = draw.choice(STATUSES), draw.choice(VERDICTS)
        action = step(deployment, account.seen(status), judgement(verdict), after=now)
        now += draw.randint(0, 10) * MINUTE
        if isinstance(action, Wait):
            continue
        deployment = action.deployment
        assert not deployment.weights or abs(sum(deployment.weights.values()) - 1) < 1e-9
        if isinstance(action, Make):
            # Away with what is unused is at any time.
            assert status == "InService" or type(action.call).__name__.startswith("Delete")
            _require_whole(action.call, account)
            if draw.random() < 0.7:
                account.do(action.call)
                deployment = acknowledged(deployment, now=action.deployment.created_at + now)


def _require_whole(call, account):
    if isinstance(call, UpdateWeights):
        assert call.weights.keys() == account.weights.keys()
        assert abs(sum(call.weights.values()) - 1) < 1e-9
    if isinstance(call, CreateConfiguration):
        variants = call.content["ProductionVariants"]
        assert abs(sum(each["InitialVariantWeight"] for each in variants) - 1) < 1e-9
        assert call.content["DataCaptureConfig"] == DESCRIBED["DataCaptureConfig"]


@quickly
@given(plan=plans, seed=st.integers(0, 10**6))
def test_every_deployment_ends_by_its_maximum_and_the_time_to_go_back(plan, seed):
    """SageMaker never does anything that it is asked for."""
    draw = random.Random(seed)
    deployment, now = pending(plan=plan), timedelta(0)
    while not deployment.is_terminal:
        action = step(deployment, endpoint(draw.choice(STATUSES)), None, after=now)
        now += draw.randint(1, 30) * MINUTE
        if not isinstance(action, Wait):
            deployment = action.deployment
        if isinstance(action, Make):
            deployment = acknowledged(deployment, now=action.deployment.created_at + now)

    assert now < (2 * plan.limit_minutes + 120) * MINUTE


@quickly
@given(plan=plans, verdict=st.sampled_from(VERDICTS))
def test_a_deployment_survives_its_json(plan, verdict):
    deployment = step(pending(plan=plan), endpoint()).deployment
    deployment = deployment.judged(judgement(verdict), at=deployment.created_at)

    assert deployment_from_json(deployment_to_json(deployment)) == deployment


def test_a_configuration_is_copied_whole():
    changed = with_canary(DESCRIBED, {"production": 0.9, CANARY: 0.1}, canary=CANARY, model="m")
    old, canary = changed["ProductionVariants"]

    assert old == {**DESCRIBED["ProductionVariants"][0], "InitialVariantWeight": 0.9}
    assert canary == {**old, "VariantName": CANARY, "ModelName": "m", "InitialVariantWeight": 0.1}
    assert without(changed, "production")["ProductionVariants"] == [
        {**canary, "InitialVariantWeight": 1.0}
    ]
    assert with_model(DESCRIBED, "m")["ProductionVariants"][0]["ModelName"] == "m"
    for made in (changed, without(changed, "production"), with_model(DESCRIBED, "m")):
        rest = {name: value for name, value in DESCRIBED.items() if name not in DESCRIBED_ONLY}
        assert {**made, "ProductionVariants": []} == {**rest, "ProductionVariants": []}


def test_what_sagemaker_describes_it_also_takes_but_for_what_is_left_out():
    model = get_session().get_service_model("sagemaker")
    described = model.operation_model("DescribeEndpointConfig").output_shape.members
    taken = model.operation_model("CreateEndpointConfig").input_shape.members

    assert described.keys() - taken.keys() == DESCRIBED_ONLY - {"EndpointConfigName"}
