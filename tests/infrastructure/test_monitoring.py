"""What an environment promises reaches its alarms, and no stack waits for monitoring."""

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from aws_cdk import aws_apigateway as apigateway

from kindred_constructs.api_objectives import availability, latency
from kindred_constructs.burn_rate_alarms import BurnRateAlarms
from stacks.yaml_file import InvalidFile
from tests.infrastructure.choices import changed
from tests.infrastructure.synthesized import every_string


def environment_with(**monitoring):
    return changed("dev", monitoring=monitoring)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param({"availability_percent": 100}, "less than 100", id="no budget at all"),
        pytest.param(
            {"availability_percent": 0.999},
            "given 0.999, allowed 90.0 or more",
            id="a share",
        ),
        pytest.param({"latency_ms": 30_000}, "29000", id="longer than the gateway waits"),
        pytest.param({"silence_minutes": 0}, "given 0", id="no silence"),
        pytest.param({"latency_seconds": 1}, "latency_seconds", id="an unknown key"),
    ],
)
def test_promises_that_make_no_sense_are_refused_in_words(given, message):
    with pytest.raises(InvalidFile) as refused:
        environment_with(**given)

    assert "dev.yaml: monitoring." in str(refused.value)
    assert message in str(refused.value)


@pytest.fixture
def stack():
    return cdk.Stack(cdk.App(), "Stack")


@pytest.fixture
def stage(stack):
    api = apigateway.RestApi(stack, "Api")
    api.root.add_method("GET")
    return api.deployment_stage


@pytest.mark.parametrize(
    ("objective", "window", "expression", "statistics"),
    [
        pytest.param(
            lambda stage: availability(stage, percent=99.5),
            "AvailabilityFastLong",
            "IF((errors)>=10,(errors)/requests/0.005,0)",
            {"errors": ("5XXError", "Sum"), "requests": ("Count", "Sum")},
            id="errors against half a per cent, from ten of them on",
        ),
        pytest.param(
            lambda stage: availability(stage, percent=99.9),
            "AvailabilityFastShort",
            "IF((errors)>=1,(errors)/requests/0.001,0)",
            {"errors": ("5XXError", "Sum"), "requests": ("Count", "Sum")},
            id="a short window takes a single one",
        ),
        pytest.param(
            lambda stage: latency(stage, percent=99, within_ms=250),
            "LatencySlowLong",
            "IF((requests*(100-inTime)/100)>=10,(requests*(100-inTime)/100)/requests/0.01,0)",
            {"inTime": ("Latency", "PR(0:250)"), "requests": ("Count", "Sum")},
            id="answers that took longer than promised",
        ),
    ],
)
def test_a_burn_rate_is_the_share_of_bad_requests_over_the_share_that_is_allowed(
    stack, stage, objective, window, expression, statistics
):
    known = objective(stage)
    BurnRateAlarms(stack, known.name.title(), objective=known)
    alarms = assertions.Template.from_stack(stack).find_resources("AWS::CloudWatch::Alarm")
    [alarm] = [each["Properties"] for name, each in alarms.items() if name.startswith(window)]
    rate, *parts = alarm["Metrics"]

    assert rate["Expression"] == expression
    found = {
        part["Id"]: (part["MetricStat"]["Metric"]["MetricName"], part["MetricStat"]["Stat"])
        for part in parts
    }
    assert found == statistics


def test_no_other_stack_waits_for_monitoring(platform):
    producer = f"{platform.stage}-MonitoringStack"
    for name, template in platform.templates.items():
        if name != "MonitoringStack":
            assert producer not in set(every_string(template)), name


def test_promises_are_the_environment_s_own(environment, platform):
    alarm = platform.at("MonitoringStack/Latency/SlowLong").properties
    statistics = {each["MetricStat"]["Stat"] for each in alarm["Metrics"] if "MetricStat" in each}

    assert f"PR(0:{environment.monitoring.latency_ms})" in statistics
