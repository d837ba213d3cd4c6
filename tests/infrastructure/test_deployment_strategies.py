"""How each service takes a new version, by the environment's choice."""

import pytest

from stacks.deployment import Deployment
from stacks.yaml_file import InvalidFile
from tests.infrastructure.choices import changed
from tests.infrastructure.test_routing import NAMES


def deployed(platform, name):
    return platform.at(f"ApiStack/{name}/Service/Resource/Service").properties


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


def test_a_new_version_gets_a_tenth_for_ten_minutes_and_the_old_one_stays_an_hour(platform, name):
    deployment = deployed(platform, name)["DeploymentConfiguration"]

    assert deployment["Strategy"] == "CANARY"
    assert deployment["CanaryConfiguration"] == {
        "CanaryPercent": 10,
        "CanaryBakeTimeInMinutes": 10,
    }
    assert deployment["BakeTimeInMinutes"] == 60


def test_a_deployment_goes_back_on_errors_and_on_latency(platform, name):
    alarms = deployed(platform, name)["DeploymentConfiguration"]["Alarms"]
    watched = {platform.named(each, stack="ApiStack") for each in alarms["AlarmNames"]}

    assert (alarms["Enable"], alarms["Rollback"]) == (True, True)
    assert watched == {
        f"ApiStack/{name}/Service/ErrorsAlarm",
        f"ApiStack/{name}/Service/LatencyAlarm",
    }


def test_ecs_moves_the_services_own_rule_between_its_two_groups(platform, name):
    [balancer] = deployed(platform, name)["LoadBalancers"]
    advanced = balancer["AdvancedConfiguration"]

    for value, path in (
        (advanced["ProductionListenerRule"], f"RoutingStack/{name}/Rule"),
        (advanced["AlternateTargetGroupArn"], f"RoutingStack/{name}/Alternate"),
        (advanced["RoleArn"], f"RoutingStack/{name}/ShiftingRole"),
        (balancer["TargetGroupArn"], f"RoutingStack/{name}/Primary"),
    ):
        assert platform.named(value, stack="ApiStack") == path


def test_the_circuit_breaker_is_for_rolling_deployments_alone(mixed):
    for name, breaker in (("Similarity", True), ("Prediction", False), ("Experiments", False)):
        configuration = deployed(mixed, name)["DeploymentConfiguration"]
        assert configuration["DeploymentCircuitBreaker"] == {"Enable": breaker, "Rollback": breaker}
        assert configuration["Alarms"]["Rollback"] is True


def test_each_service_has_its_own_strategy(mixed):
    rolling, linear, whole = (
        deployed(mixed, name) for name in ("Similarity", "Prediction", "Experiments")
    )

    assert rolling["DeploymentConfiguration"].get("Strategy", "ROLLING") == "ROLLING"
    assert "AdvancedConfiguration" not in rolling["LoadBalancers"][0]
    assert linear["DeploymentConfiguration"]["Strategy"] == "LINEAR"
    assert linear["DeploymentConfiguration"]["LinearConfiguration"] == {
        "StepPercent": 25,
        "StepBakeTimeInMinutes": 6,
    }
    assert linear["DeploymentConfiguration"]["BakeTimeInMinutes"] == 30
    assert whole["DeploymentConfiguration"]["Strategy"] == "BLUE_GREEN"
    assert whole["DeploymentConfiguration"]["BakeTimeInMinutes"] == 30


@pytest.mark.parametrize(
    ("deployment", "minutes"),
    [
        pytest.param({}, 70, id="canary: one step and the old tasks' hour"),
        pytest.param({"strategy": "linear"}, 9 * 6 + 60, id="linear: nine bakes between ten steps"),
        pytest.param(
            {"strategy": "linear", "linear_percent": 30}, 3 * 6 + 60, id="a last step that is less"
        ),
        pytest.param({"strategy": "blue_green"}, 60, id="blue and green: the old tasks' hour"),
        pytest.param({"strategy": "rolling"}, 0, id="rolling: as long as its tasks take"),
        pytest.param(
            {"strategy": "rolling", "services": {"prediction": {"strategy": "canary"}}},
            70,
            id="the longest of all services",
        ),
    ],
)
def test_how_long_a_deployment_takes(deployment, minutes):
    assert Deployment(**deployment).longest_minutes == minutes


@pytest.mark.parametrize(
    ("deployment", "message"),
    [
        pytest.param(
            {"strategy": "rolling", "canary_percent": 20},
            "canary_percent: given with the strategy rolling",
            id="a share of none",
        ),
        pytest.param(
            {"services": {"similarity": {"linear_percent": 20}}},
            "services.similarity.linear_percent: given with the strategy canary",
            id="a service's step of another strategy",
        ),
        pytest.param({"services": {"live": {}}}, "services", id="an unknown service"),
        pytest.param({"strategy": "code_deploy"}, "strategy", id="an unknown strategy"),
        pytest.param({"strategy": "linear", "linear_percent": 2}, "linear_percent", id="too small"),
    ],
)
def test_what_no_strategy_reads_is_refused(deployment, message):
    with pytest.raises(InvalidFile, match=message):
        changed("dev", deployment=deployment)
