"""States of endpoints: how long they take, how they fail, and what is refused meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ops.local.sagemaker.faults import Fault
from tests.unit.ops_local.sagemaker_account import ENDPOINT, Account, refusal


@pytest.fixture
def account() -> Account:
    return Account()


def test_an_endpoint_serves_after_its_minute_and_not_before(account: Account) -> None:
    account.configure("c1", {"production": 1.0})
    account.sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName="c1")

    assert account.status == "Creating"
    with pytest.raises(ClientError, match="not found"):
        account.invoke()
    account.wait(0.9)
    assert account.status == "Creating"
    account.wait(0.2)
    assert account.status == "InService"
    assert account.invoke() == "production"


def test_a_model_that_never_gets_healthy_fails_a_new_endpoint(account: Account) -> None:
    account.local.models.failures["c1-production"] = "did not pass the ping health check"
    account.serve()

    described = account.describe()
    assert described["EndpointStatus"] == "Failed"
    assert described["FailureReason"] == "did not pass the ping health check"
    with pytest.raises(ClientError, match="in state Failed"):
        account.update("c1")
    account.sagemaker.delete_endpoint(EndpointName=ENDPOINT)
    account.wait()
    with pytest.raises(ClientError, match="Could not find endpoint"):
        account.describe()


def test_until_an_update_ends_the_old_configuration_serves(account: Account) -> None:
    account.serve()
    account.configure("c2", {"production": 0.9, "canary": 0.1})
    account.update("c2")

    described = account.describe()
    assert described["EndpointStatus"] == "Updating"
    assert described["EndpointConfigName"] == "c1"
    assert described["PendingDeploymentSummary"]["EndpointConfigName"] == "c2"
    assert account.weights() == {"production": 1.0}
    account.wait()
    assert account.configuration == "c2"
    assert account.weights() == {"production": 0.9, "canary": 0.1}
    assert "PendingDeploymentSummary" not in account.describe()


def test_an_update_that_fails_goes_back_without_a_word(account: Account) -> None:
    account.serve()
    account.configure("c2", {"production": 0.9, "canary": 0.1})
    account.local.faults.switch_on(Fault(name="failed-update"))
    account.update("c2")
    account.wait()

    described = account.describe()
    assert described["EndpointStatus"] == "InService"
    assert described["EndpointConfigName"] == "c1"
    assert "FailureReason" not in described
    assert {fleet.variant for fleet in account.local.models.running} == {"production"}


def test_an_update_whose_model_fails_goes_back_and_says_why(account: Account) -> None:
    account.serve()
    account.configure("c2", {"production": 0.9, "canary": 0.1})
    account.local.models.failures["c2-canary"] = "no such artefact"
    account.update("c2")
    account.wait()

    assert account.configuration == "c1"
    assert account.describe()["FailureReason"] == "no such artefact"


def test_a_shift_that_fails_leaves_every_weight_as_it_was(account: Account) -> None:
    account.serve({"production": 0.9, "canary": 0.1})
    account.local.faults.switch_on(Fault(name="failed-update", endpoint="kindred-*"))
    account.shift(production=0.5, canary=0.5)

    assert account.weights("Desired") == {"production": 0.5, "canary": 0.5}
    assert account.weights() == {"production": 0.9, "canary": 0.1}
    account.wait()
    assert account.status == "InService"
    assert account.weights("Desired") == {"production": 0.9, "canary": 0.1}


def test_a_variant_left_out_of_a_shift_keeps_its_weight(account: Account) -> None:
    account.serve({"production": 0.9, "canary": 0.1})
    account.shift(canary=1.0)
    account.wait()

    assert account.weights() == {"production": 0.9, "canary": 1.0}


def test_a_stuck_update_ends_once_the_fault_is_gone(account: Account) -> None:
    account.serve({"production": 0.9, "canary": 0.1})
    account.local.faults.switch_on(Fault(name="stuck-update", endpoint=ENDPOINT))
    account.shift(production=0.0, canary=1.0)
    account.wait(500)

    assert account.status == "Updating"
    account.local.faults.switch_off("stuck-update")
    assert account.status == "InService"
    assert account.weights() == {"production": 0.0, "canary": 1.0}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda account: account.update("c1"), id="an update"),
        pytest.param(lambda account: account.shift(production=1.0), id="a shift"),
        pytest.param(
            lambda account: account.sagemaker.delete_endpoint(EndpointName=ENDPOINT),
            id="a deletion",
        ),
    ],
)
def test_nothing_changes_an_endpoint_that_changes_already(
    account: Account, change: Callable[[Account], Any]
) -> None:
    account.serve({"production": 0.9, "canary": 0.1})
    account.shift(production=0.5)

    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        change(account)


@pytest.mark.parametrize(
    ("retained", "left_out", "weight", "instances"),
    [
        pytest.param(False, [], 1.0, 1, id="reset by default"),
        pytest.param(True, [], 0.7, 4, id="kept when asked"),
        pytest.param(True, ["DesiredWeight"], 1.0, 4, id="weights left out"),
        pytest.param(True, ["DesiredInstanceCount"], 0.7, 1, id="counts left out"),
    ],
)
def test_an_update_keeps_scaled_counts_and_weights_only_when_asked(
    account: Account, retained: bool, left_out: list[str], weight: float, instances: int
) -> None:
    account.serve()
    wanted = {"VariantName": "production", "DesiredWeight": 0.7, "DesiredInstanceCount": 4}
    account.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=ENDPOINT, DesiredWeightsAndCapacities=[wanted]
    )
    account.wait()
    account.configure("c2", {"production": 1.0})
    account.update(
        "c2",
        RetainAllVariantProperties=retained,
        ExcludeRetainedVariantProperties=[{"VariantPropertyType": each} for each in left_out],
    )
    account.wait()

    assert account.weights() == {"production": weight}
    assert account.instances("production") == instances


def test_only_models_that_changed_are_started_anew(account: Account) -> None:
    account.serve()
    before = set(account.local.models.running)
    described = account.sagemaker.describe_endpoint_config(EndpointConfigName="c1")
    account.model("canary")
    canary = {**described["ProductionVariants"][0], "VariantName": "canary", "ModelName": "canary"}
    account.sagemaker.create_endpoint_config(
        EndpointConfigName="c2", ProductionVariants=[*described["ProductionVariants"], canary]
    )
    account.update("c2")
    account.wait()

    assert before < set(account.local.models.running)
    assert len(account.local.models.running) == 2


def test_every_state_is_announced_in_the_words_of_events(account: Account) -> None:
    account.serve()
    account.configure("c2", {"production": 1.0})
    account.update("c2")
    account.wait()

    states = [detail["EndpointStatus"] for _, detail in account.local.events]
    assert states == ["CREATING", "IN_SERVICE", "UPDATING", "IN_SERVICE"]
    assert {kind for kind, _ in account.local.events} == {"SageMaker Endpoint State Change"}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        pytest.param(lambda a: a.update("gone"), "Could not find endpoint config", id="no config"),
        pytest.param(lambda a: a.shift(canary=1.0), "not found in endpoint", id="no variant"),
        pytest.param(lambda a: a.shift(production=0.0), "greater than 0", id="nobody serves"),
        pytest.param(lambda a: a.model("m" * 64), "less than or equal to 63", id="a long name"),
        pytest.param(
            lambda a: a.sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName="c1"),
            "already existing",
            id="created twice",
        ),
    ],
)
def test_a_mistake_is_refused_in_sagemakers_words(
    account: Account, call: Callable[[Account], Any], message: str
) -> None:
    account.serve()

    with pytest.raises(ClientError) as refused:
        call(account)
    code, text = refusal(refused.value)
    assert code == "ValidationException"
    assert message in text
