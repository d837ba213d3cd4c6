"""Variants' scalable targets, and what the autoscaler makes of their traffic."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from ops.local.sagemaker.autoscaler import wanted_instances
from ops.local.sagemaker.faults import Fault
from tests.unit.ops_local.sagemaker_account import ENDPOINT, Account


def _target(variant: str = "production") -> dict[str, Any]:
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{ENDPOINT}/variant/{variant}",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }


TRACKING = {
    "TargetValue": 10.0,
    "PredefinedMetricSpecification": {
        "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
    },
    "ScaleOutCooldown": 60,
    "ScaleInCooldown": 300,
}


@pytest.fixture
def account() -> Account:
    account = Account()
    account.serve()
    account.scaling.register_scalable_target(**_target(), MinCapacity=1, MaxCapacity=10)
    account.scaling.put_scaling_policy(
        **_target(),
        PolicyName="track",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=TRACKING,
    )
    return account


def _traffic(account: Account, requests: int, *, minutes: int) -> None:
    for _ in range(minutes):
        for _ in range(requests):
            account.invoke()
        account.wait()


def test_a_target_and_its_policy_are_described_and_go_together(account: Account) -> None:
    found = account.scaling.describe_scalable_targets(ServiceNamespace="sagemaker")
    policies = account.scaling.describe_scaling_policies(ServiceNamespace="sagemaker")

    assert [(each["MinCapacity"], each["MaxCapacity"]) for each in found["ScalableTargets"]] == [
        (1, 10)
    ]
    assert [each["PolicyName"] for each in policies["ScalingPolicies"]] == ["track"]
    account.scaling.deregister_scalable_target(**_target())
    policies = account.scaling.describe_scaling_policies(ServiceNamespace="sagemaker")
    assert policies["ScalingPolicies"] == []
    with pytest.raises(ClientError) as refused:
        account.scaling.deregister_scalable_target(**_target())
    assert refused.value.response["Error"]["Code"] == "ObjectNotFoundException"


def test_an_update_that_removes_a_registered_variant_fails(account: Account) -> None:
    account.configure("c2", {"canary": 1.0})

    with pytest.raises(ClientError, match="must be deregistered as scalable targets"):
        account.update("c2")
    account.scaling.deregister_scalable_target(**_target())
    account.update("c2")


def test_an_update_that_changes_a_registered_variants_instances_fails(account: Account) -> None:
    account.configure("c2", {"production": 1.0}, instance_type="ml.m6g.xlarge")
    account.configure("c3", {"production": 0.9, "canary": 0.1})

    with pytest.raises(ClientError, match="instance type updated"):
        account.update("c2")
    account.update("c3")


def test_nothing_is_registered_while_the_endpoint_updates(account: Account) -> None:
    account.shift(production=1.0)

    with pytest.raises(ClientError, match="autoscaling is blocked"):
        account.scaling.register_scalable_target(**_target(), MinCapacity=2, MaxCapacity=3)
    account.wait()
    account.scaling.register_scalable_target(**_target(), MinCapacity=2, MaxCapacity=3)


def test_three_minutes_above_the_target_scale_out_in_proportion(account: Account) -> None:
    _traffic(account, 25, minutes=2)
    assert account.status == "InService"
    _traffic(account, 25, minutes=1)

    assert account.status == "Updating"
    assert account.instances("production", "Desired") == 3
    account.wait()
    assert account.instances("production") == 3


def test_it_waits_while_the_endpoint_changes(account: Account) -> None:
    account.local.faults.switch_on(Fault(name="stuck-update"))
    account.shift(production=1.0)
    _traffic(account, 25, minutes=4)

    assert account.instances("production", "Desired") == 1
    account.local.faults.switch_off()
    _traffic(account, 25, minutes=1)
    assert account.instances("production", "Desired") == 3


def test_it_stays_within_the_targets_bounds(account: Account) -> None:
    account.scaling.register_scalable_target(**_target(), MinCapacity=1, MaxCapacity=2)
    _traffic(account, 90, minutes=3)

    assert account.instances("production", "Desired") == 2


@pytest.mark.parametrize(
    ("per_instance", "instances", "expected"),
    [
        pytest.param([2000, 2000], 1, 1, id="two minutes are not enough"),
        pytest.param([2000, 900, 2000], 1, 1, id="a pause starts anew"),
        pytest.param([1100, 1200, 2500], 2, 5, id="out by the latest"),
        pytest.param([100] * 14, 4, 4, id="not in before 15"),
        pytest.param([100] * 15, 4, 1, id="in, by the busiest"),
        pytest.param([100] * 14 + [600], 4, 3, id="in, but not too far"),
        pytest.param([950] * 15, 4, 4, id="just below the target"),
        pytest.param([0] * 15, 4, 1, id="idle keeps one"),
    ],
)
def test_counts_follow_target_tracking(
    per_instance: list[float], instances: int, expected: int
) -> None:
    assert wanted_instances(per_instance, 1000, instances) == expected
