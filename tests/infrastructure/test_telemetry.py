"""What is traced, who collects what, and who can reach whom for it."""

import re

import pytest
import yaml

from stacks.network import ENDPOINTS_WITHOUT_NAT
from stacks.yaml_file import InvalidFile
from tests.infrastructure.choices import changed
from tests.infrastructure.synthesized import ROOT, container
from tests.infrastructure.telemetry import COLLECTOR, SERVICES

TELEMETRY = ROOT / "telemetry"


def collector_of(platform, name):
    """The container that takes a service's spans."""
    definitions = platform.at(f"ApiStack/{name}/Task").properties["ContainerDefinitions"]
    [beside] = [each for each in definitions if not each["Essential"]]
    return beside


def environment_of(definition, platform, stack):
    return {
        each["Name"]: platform.named(each["Value"], stack=stack)
        for each in definition["Environment"]
    }


@pytest.fixture(params=SERVICES)
def name(request):
    return request.param


@pytest.fixture
def watched(platforms):
    """An environment whose metrics are collected."""
    return platforms["prod"]


@pytest.fixture
def watcher(watched):
    definition = watched.at(f"{COLLECTOR}/Task").properties
    [only] = definition["ContainerDefinitions"]
    return only


def test_a_service_survives_the_loss_of_its_collector(platform, name):
    _, service = container(platform, name)

    assert service["DependsOn"] == [{"Condition": "START", "ContainerName": "traces"}]
    assert collector_of(platform, name)["Essential"] is False


def test_a_collector_is_as_closed_as_its_service_and_smaller_than_its_task(platform, name):
    definition, _ = container(platform, name)
    beside = collector_of(platform, name)

    assert beside["ReadonlyRootFilesystem"] is True
    assert beside["User"] == "10001"
    assert beside["LinuxParameters"]["Capabilities"] == {"Drop": ["ALL"]}
    assert "PortMappings" not in beside
    assert beside["Memory"] <= int(definition["Memory"]) / 3


def test_spans_go_where_the_collector_listens(platform, name):
    _, service = container(platform, name)
    endpoint = environment_of(service, platform, "ApiStack")["OTEL_EXPORTER_OTLP_ENDPOINT"]
    configuration = yaml.safe_load((TELEMETRY / "traces.yaml").read_text())

    assert collector_of(platform, name)["Command"] == ["--config=/etc/kindred/traces.yaml"]
    listens = configuration["receivers"]["otlp"]["protocols"]["http"]["endpoint"]
    assert endpoint == f"http://{listens}"


def test_the_gateway_s_requests_are_sampled_as_the_environment_says(environment, platform):
    [rule] = platform.of_type("AWS::XRay::SamplingRule")
    sampling = rule.properties["SamplingRule"]

    assert sampling["ReservoirSize"] == environment.telemetry.sampled_per_second
    assert sampling["FixedRate"] == environment.telemetry.sampled_percent / 100
    assert len(sampling["RuleName"]) <= 32
    pattern = re.compile(sampling["ServiceName"].replace("*", ".*"))
    apis = platform.of_type("AWS::ApiGateway::RestApi")
    assert apis
    assert all(pattern.fullmatch(f"{api.properties['Name']}/public") for api in apis)
    stages = platform.of_type("AWS::ApiGateway::Stage")
    assert all(stage.properties["TracingEnabled"] is True for stage in stages)


def test_metrics_are_collected_where_the_environment_says(environment, platform):
    collectors = platform.of_type("AWS::ECS::Service", stack="TelemetryStack")

    assert bool(collectors) is environment.telemetry.prometheus
    assert bool(platform.of_type("AWS::APS::Workspace")) is environment.telemetry.prometheus


def test_a_collector_with_no_way_out_is_refused_where_it_would_stand_in_the_dark():
    endpoints = [*ENDPOINTS_WITHOUT_NAT, "ecs"]
    network = {"nat_gateways": 0, "interface_endpoints": endpoints}

    with pytest.raises(InvalidFile, match="only if aps-workspaces are among"):
        changed("dev", network=network, telemetry={"prometheus": True})


def test_metrics_are_collected_from_a_cluster_of_their_own(watched):
    service = watched.at(f"{COLLECTOR}/Service/Service").body
    cluster = watched.named(service["Properties"]["Cluster"], stack="TelemetryStack")

    assert cluster == f"{COLLECTOR}/Cluster"
    deployment = service["Properties"]["DeploymentConfiguration"]
    # Two at once would write every sample twice.
    assert (deployment["MinimumHealthyPercent"], deployment["MaximumPercent"]) == (0, 100)


def test_the_collector_reaches_the_services_metrics_and_nothing_else_of_theirs(watched):
    rules = watched.of_type("AWS::EC2::SecurityGroupIngress", stack="TelemetryStack")
    entered = {
        (
            watched.named(rule.properties["GroupId"], stack=rule.stack),
            watched.named(rule.properties["SourceSecurityGroupId"], stack=rule.stack),
            rule.properties["FromPort"],
            rule.properties["ToPort"],
        )
        for rule in rules
    }

    group = f"{COLLECTOR}/SecurityGroup"
    assert entered == {
        (f"ApiStack/{name}/Service/SecurityGroup", group, 9464, 9464) for name in SERVICES
    }
    [own] = [each for each in watched.of_type("AWS::EC2::SecurityGroup") if each.path == group]
    assert "SecurityGroupIngress" not in own.properties


def test_tasks_are_found_by_labels_that_say_where_their_metrics_are(platform, name):
    _, service = container(platform, name)
    observer = yaml.safe_load((TELEMETRY / "prometheus.yaml").read_text())["extensions"][
        "ecs_observer"
    ]
    [by_label] = observer["docker_labels"]
    port = int(service["DockerLabels"][by_label["port_label"]])

    assert service["DockerLabels"][by_label["metrics_path_label"]] == "/metrics"
    # What a container does not expose, the observer does not find.
    assert port in {each["ContainerPort"] for each in service["PortMappings"]}
    assert environment_of(service, platform, "ApiStack")["METRICS_PORT"] == str(port)


def test_the_collector_knows_its_cluster_and_its_workspace(watched, watcher):
    known = environment_of(watcher, watched, "TelemetryStack")

    assert known["SERVICES_CLUSTER"] == "ApiStack/Cluster"
    assert known["REMOTE_WRITE_URL"] == "TelemetryStack/Metricsapi/v1/remote_write"


def test_the_collector_lists_the_tasks_of_the_services_cluster_alone(watched):
    [policy] = [
        each
        for each in watched.of_type("AWS::IAM::Policy", stack="TelemetryStack")
        if each.path.startswith(f"{COLLECTOR}/Task/TaskRole")
    ]
    of_tasks = [
        statement
        for statement in policy.properties["PolicyDocument"]["Statement"]
        if "ecs:ListTasks" in statement["Action"]
    ]

    [statement] = of_tasks
    cluster = statement["Condition"]["ArnEquals"]["ecs:cluster"]
    assert watched.named(cluster, stack="TelemetryStack") == "ApiStack/Cluster"


def test_only_the_collector_writes_metrics(watched):
    assert watched.who_may("aps:RemoteWrite", "TelemetryStack/Metrics") == {
        f"{COLLECTOR}/Task/TaskRole"
    }


def test_metrics_are_encrypted_under_our_key_and_kept_in_production(watched):
    workspace = watched.at("TelemetryStack/Metrics")

    key = watched.named(workspace.properties["KmsKeyArn"], stack="TelemetryStack")
    assert key == "NetworkStack/TelemetryKey"
    assert workspace.body["DeletionPolicy"] == "Retain"


def test_silence_of_the_collector_is_told(watched):
    alarm = watched.at(f"{COLLECTOR}/MissingAlarm").properties

    assert alarm["TreatMissingData"] == "breaching"
    assert alarm["AlarmActions"]
