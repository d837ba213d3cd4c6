"""Updates that SageMaker guards itself: shares of traffic, waits, alarms."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ops.local.sagemaker.deployment_guardrails import traffic_steps, wait_seconds
from ops.local.sagemaker.faults import Fault
from tests.unit.ops_local.sagemaker_account import ENDPOINT, Account


def _canary(percent: int = 10, wait: int = 600) -> dict[str, Any]:
    return {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {
                "Type": "CANARY",
                "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": percent},
                "WaitIntervalInSeconds": wait,
            }
        },
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]},
    }


@pytest.fixture
def account() -> Account:
    account = Account()
    account.serve()
    account.configure("c2", {"production": 1.0})
    return account


def _new_share(account: Account) -> float:
    """Of requests, by the model that answered."""
    answered = [
        json.loads(
            account.runtime.invoke_endpoint(EndpointName=ENDPOINT, Body=b"{}")["Body"].read()
        )["model"]
        for _ in range(300)
    ]
    return answered.count("c2-production") / len(answered)


def test_traffic_moves_by_the_canary_then_whole(account: Account) -> None:
    account.update("c2", DeploymentConfig=_canary(percent=30))

    assert _new_share(account) == 0
    account.wait(1)
    assert 0.2 < _new_share(account) < 0.4
    assert account.configuration == "c1"
    account.wait(10)
    assert _new_share(account) == 1
    assert account.status == "Updating"
    account.wait(10)
    assert (account.status, account.configuration) == ("InService", "c2")
    assert account.describe()["LastDeploymentConfig"] == _canary(percent=30)


def test_an_alarm_rolls_the_update_back(account: Account) -> None:
    account.update("c2", DeploymentConfig=_canary())
    account.wait(2)
    account.local.in_alarm.add("errors")

    assert account.status == "RollingBack"
    assert _new_share(account) == 0
    account.wait(1)
    assert (account.status, account.configuration) == ("InService", "c1")
    assert [fleet.model for fleet in account.local.models.running] == ["c1-production"]


def test_another_alarm_does_not(account: Account) -> None:
    account.local.in_alarm.add("somebody else's")
    account.update("c2", DeploymentConfig=_canary())
    account.wait(30)

    assert (account.status, account.configuration) == ("InService", "c2")


def test_a_rollback_that_fails_needs_a_person(account: Account) -> None:
    account.local.faults.switch_on(Fault(name="failed-rollback"))
    account.local.in_alarm.add("errors")
    account.update("c2", DeploymentConfig=_canary())
    account.wait(1)
    account.wait(1)

    assert account.status == "UpdateRollbackFailed"
    with pytest.raises(ClientError, match="in state UpdateRollbackFailed"):
        account.update("c2")


def test_guardrails_do_not_add_a_variant(account: Account) -> None:
    account.configure("c3", {"production": 0.9, "canary": 0.1})

    with pytest.raises(ClientError, match="one variant, whose name does not change"):
        account.update("c3", DeploymentConfig=_canary())


def _linear(size: dict[str, Any]) -> dict[str, Any]:
    routing = {"Type": "LINEAR", "LinearStepSize": size, "WaitIntervalInSeconds": 120}
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}}


@pytest.mark.parametrize(
    ("deployment", "expected"),
    [
        pytest.param(None, [], id="no policy"),
        pytest.param(_canary(percent=10), [0.1, 1.0], id="canary"),
        pytest.param(
            _linear({"Type": "CAPACITY_PERCENT", "Value": 25}), [0.25, 0.5, 0.75, 1.0], id="linear"
        ),
        pytest.param(_linear({"Type": "INSTANCE_COUNT", "Value": 2}), [0.5, 1.0], id="instances"),
        pytest.param({"AutoRollbackConfiguration": {}}, [1.0], id="all at once"),
    ],
)
def test_shares_follow_the_policy(deployment: dict[str, Any] | None, expected: list[float]) -> None:
    assert traffic_steps(deployment, instances=4) == pytest.approx(expected)


def test_waits_scale_with_the_minute() -> None:
    assert wait_seconds(_canary(wait=600), minute_seconds=5) == 50
