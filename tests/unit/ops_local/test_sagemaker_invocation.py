"""Who answers a request, what of it is measured, and what faults do to it."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from ops.local.sagemaker.endpoint_record import Endpoint, Variant
from ops.local.sagemaker.faults import FAULTS, Fault, InvalidFault
from ops.local.sagemaker.model_host import Fleet, ModelAnswer, ModelRequest
from ops.local.sagemaker.routing import choose_variant
from tests.unit.ops_local.sagemaker_account import ENDPOINT, Account


@pytest.fixture
def account() -> Account:
    account = Account()
    account.serve({"production": 0.9, "canary-1": 0.1})
    return account


def _endpoint(weights: dict[str, float]) -> Endpoint:
    variants = {
        name: Variant(name, "image", "role", Fleet("e", name, "m", 0), {}, weight, weight, 1, 1)
        for name, weight in weights.items()
    }
    return Endpoint("e", "arn", "InService", {}, 0, 0, variants)


@given(
    st.dictionaries(st.text("abc", min_size=1), st.floats(0.1, 10), min_size=1, max_size=5),
    st.floats(0, 1, exclude_max=True),
)
def test_the_draw_falls_on_the_variant_whose_share_of_the_weights_holds_it(
    weights: dict[str, float], draw: float
) -> None:
    chosen = choose_variant(_endpoint(weights), None, draw).name
    names = list(weights)
    before = sum(weights[name] for name in names[: names.index(chosen)])

    total = sum(weights.values())
    assert before / total <= draw + 1e-9
    assert draw <= (before + weights[chosen]) / total + 1e-9


def test_weights_are_relative_not_shares() -> None:
    """The trap of a shift that sends the canary's weight alone: 0.9 beside 1.0 is 52.6 %."""
    endpoint = _endpoint({"production": 0.9, "canary": 1.0})

    shares = Counter(choose_variant(endpoint, None, draw / 1000).name for draw in range(1000))
    assert shares["canary"] == pytest.approx(526, abs=1)


def test_a_target_variant_answers_though_its_weight_is_zero(account: Account) -> None:
    account.shift(**{"canary-1": 0.0})
    account.wait()

    assert {account.invoke() for _ in range(50)} == {"production"}
    assert account.invoke(TargetVariant="canary-1") == "canary-1"
    with pytest.raises(ClientError, match="Variant gone not found"):
        account.invoke(TargetVariant="gone")


def test_while_an_endpoint_updates_the_old_variants_answer(account: Account) -> None:
    account.configure("c2", {"other": 1.0})
    account.update("c2")

    assert account.invoke() in ("production", "canary-1")
    account.wait()
    assert account.invoke() == "other"


def test_a_failing_model_fails_its_share_of_its_variants_requests(account: Account) -> None:
    account.local.faults.switch_on(Fault(name="failing-model", variant="canary-*", share=0.5))
    for _ in range(200):
        with suppress(ClientError):
            account.invoke(TargetVariant="canary-1")
    account.invoke(TargetVariant="production")

    measured = Counter((each.variant, each.status) for each in account.local.invocations)
    assert 60 < measured["canary-1", 500] < 140
    assert measured["canary-1", 500] + measured["canary-1", 200] == 200
    assert measured["production", 500] == 0


def test_a_slow_model_is_slower_by_what_the_fault_says(account: Account) -> None:
    account.local.faults.switch_on(Fault(name="slow-model", variant="canary-1", milliseconds=250))
    account.invoke(TargetVariant="canary-1")
    account.invoke(TargetVariant="production")

    slow, quick = account.local.invocations
    assert slow.model_latency_us == 251_000
    assert quick.model_latency_us == 1_000


def test_a_models_refusal_keeps_its_status_and_words(account: Account) -> None:
    def answer(_: Fleet, __: ModelRequest) -> ModelAnswer:
        return ModelAnswer(422, b'{"detail": "no name"}', "application/json", 1.0)

    account.local.models.answer_with(answer)
    with pytest.raises(ClientError) as refused:
        account.invoke()

    response: Any = refused.value.response
    assert response["Error"]["Code"] == "ModelError"
    assert response["OriginalStatusCode"] == 422
    assert response["OriginalMessage"] == '{"detail": "no name"}'
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 424


def test_an_endpoint_that_is_not_there_is_a_validation_error(account: Account) -> None:
    with pytest.raises(ClientError) as refused:
        account.runtime.invoke_endpoint(EndpointName="gone", Body=b"{}")

    assert refused.value.response["Error"]["Code"] == "ValidationError"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_a_throttled_api_refuses_its_share_and_answers_models_requests(account: Account) -> None:
    account.local.faults.switch_on(Fault(name="throttled-api"))

    with pytest.raises(ClientError, match="Rate exceeded"):
        account.describe()
    account.invoke()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param({"name": "flood"}, "one of slow-model", id="unknown"),
        pytest.param({"name": "slow-model", "share": 0}, "above 0", id="no share"),
        pytest.param({"name": "slow-model", "milliseconds": -1}, "from 0", id="faster"),
        pytest.param({"name": "stuck-update", "variant": "c"}, "not a variant's", id="no variant"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidFault, match=message):
        Fault(**settings)


def test_switching_a_fault_on_again_changes_it(account: Account) -> None:
    faults = account.local.faults
    for milliseconds in (100, 200):
        faults.switch_on(Fault(name="slow-model", milliseconds=milliseconds))
    faults.switch_on(Fault(name="slow-model", variant="other"))

    assert [fault["milliseconds"] for fault in faults.describe()] == [200, 300]
    assert faults.switch_off() == 2
    assert all(faults.find(name, ENDPOINT) is None for name in FAULTS)
