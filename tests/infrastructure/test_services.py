"""How the services run, take new versions, and grow."""

import pytest

from tests.infrastructure.synthesized import ROOT, container

INFERENCE = ("Similarity", "Prediction")
NAMES = (*INFERENCE, "Experiments")


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


@pytest.fixture(params=INFERENCE)
def inference(request):
    return request.param


def test_a_container_can_write_nothing_but_tmp_and_is_nobody(platform, name):
    definition, only = container(platform, name)

    assert only["ReadonlyRootFilesystem"] is True
    assert only["User"] == "10001"
    assert only["LinuxParameters"]["Capabilities"] == {"Drop": ["ALL"]}
    assert only["MountPoints"] == [
        {"ContainerPath": "/tmp", "ReadOnly": False, "SourceVolume": "tmp"}  # noqa: S108
    ]
    assert definition["Volumes"] == [{"Name": "tmp"}]
    assert not only.get("Privileged")


def test_the_image_gives_its_user_the_one_folder_that_can_be_written():
    """Fargate mounts an empty volume as root's, unless the image declares the folder one."""
    dockerfile = (ROOT / "service_src" / "Dockerfile").read_text()

    assert 'VOLUME ["/tmp"]' in dockerfile
    assert dockerfile.index("VOLUME") < dockerfile.rindex("USER 10001")


def test_a_container_gets_its_settings_by_name_and_its_one_secret_by_reference(platform, inference):
    name = inference
    _, only = container(platform, name)
    settings = {
        each["Name"]: platform.named(each["Value"], stack="ApiStack")
        for each in only["Environment"]
    }

    assert settings["SERVICE_NAME"] == f"{name.lower()}_service"
    assert settings["EMBEDDINGS_BUCKET"] == "DataStack/EmbeddingsBucket"
    assert settings["METRICS_TABLE"] == "DataStack/Tables/Metrics"
    assert settings["VALKEY_HOST"] == "DataStack/Cache"
    assert settings["EMBEDDING_EXPERIMENT_ID"] == "embedding_v1_vs_v2"
    [secret] = only["Secrets"]
    assert secret["Name"] == "VALKEY_PASSWORD"
    reference = platform.named(secret["ValueFrom"], stack="ApiStack")
    assert reference == "DataStack/Cache/Password:password::"


def test_services_start_with_exactly_the_settings_they_read(platform, inference):
    name = inference
    from kindred_service.settings import read_settings

    _, only = container(platform, name)
    environ = {
        each["Name"]: platform.named(each["Value"], stack="ApiStack")
        for each in only["Environment"]
    }

    # What only a deployed cache and the secret can say.
    settings = read_settings({**environ, "VALKEY_PORT": "6380", "VALKEY_PASSWORD": "secret"})

    assert settings.service_name == f"{name.lower()}_service"


def test_clients_are_told_whether_the_cache_is_a_cluster(environment, platform, inference):
    _, only = container(platform, inference)
    settings = {each["Name"]: each["Value"] for each in only["Environment"]}
    clustered = environment.sizes.cache.shards > 1

    assert settings["VALKEY_CLUSTER_MODE"] == str(clustered).lower()


def test_a_task_has_its_tiers_size_and_the_environments_architecture(environment, platform, name):
    definition, only = container(platform, name)
    sizes = getattr(environment.sizes.services, name.lower())
    architecture = "ARM64" if environment.image.is_arm else "X86_64"

    assert definition["Cpu"] == str(sizes.cpu)
    assert definition["Memory"] == str(sizes.memory_mib)
    assert definition["RuntimePlatform"]["CpuArchitecture"] == architecture
    assert only["Command"] == ["python", "-m", f"{name.lower()}_service"]


@pytest.mark.parametrize("environment_name", ["dev", "staging", "prod"])
def test_aws_runs_arm(platforms, environment_name, name):
    definition, _ = container(platforms[environment_name], name)

    assert definition["RuntimePlatform"]["CpuArchitecture"] == "ARM64"


def test_health_is_asked_inside_and_readiness_outside(platform, name):
    _, only = container(platform, name)

    assert only["HealthCheck"]["Command"] == ["CMD", "python", "-m", "kindred_service.health"]
    for colour in ("Primary", "Alternate"):
        group = platform.at(f"RoutingStack/{name}/{colour}").properties
        assert group["HealthCheckPath"] == "/readyz"
        assert group["TargetType"] == "ip"


def test_requests_in_flight_end_before_a_task_does(platform, name):
    _, only = container(platform, name)
    group = platform.at(f"RoutingStack/{name}/Primary").properties
    delay = {each["Key"]: each["Value"] for each in group["TargetGroupAttributes"]}

    assert int(delay["deregistration_delay.timeout_seconds"]) < only["StopTimeout"] <= 120


def test_a_version_that_dies_without_answering_raises_the_alarm_too(platform, name):
    alarm = platform.at(f"ApiStack/{name}/Service/ErrorsAlarm").properties
    watched = [
        each["MetricStat"]["Metric"]["MetricName"]
        for each in alarm["Metrics"]
        if "MetricStat" in each
    ]

    of_one_group = ["HTTPCode_Target_5XX_Count", "RequestCount", "TargetConnectionErrorCount"]
    assert sorted(watched) == sorted(of_one_group * 2)


def test_a_service_grows_as_its_tier_says(environment, platform, name):
    sizes = getattr(environment.sizes.services, name.lower())
    target = platform.at(f"ApiStack/{name}/Service/Resource/TaskCount/Target").properties
    policies = {
        policy.path.rpartition("/")[2]: policy.properties[
            "TargetTrackingScalingPolicyConfiguration"
        ]
        for policy in platform.of_type("AWS::ApplicationAutoScaling::ScalingPolicy")
        if f"/{name}/" in policy.path
        # Steps are what alarms ask for.
        and policy.properties["PolicyType"] == "TargetTrackingScaling"
    }
    autoscaling = environment.sizes.autoscaling

    assert (target["MinCapacity"], target["MaxCapacity"]) == (sizes.min_tasks, sizes.max_tasks)
    assert policies["Cpu"]["TargetValue"] == autoscaling.cpu_percent
    assert policies["Memory"]["TargetValue"] == autoscaling.memory_percent
    assert ("Requests" in policies) == (autoscaling.requests_per_task_per_second is not None)
    for policy in policies.values():
        assert policy["ScaleOutCooldown"] == 60
        assert policy["ScaleInCooldown"] == 300


def test_production_is_raised_two_hours_before_the_peak(platforms, name):
    target = platforms["prod"].at(f"ApiStack/{name}/Service/Resource/TaskCount/Target").properties
    actions = {each["ScheduledActionName"]: each for each in target["ScheduledActions"]}

    assert actions["PeakStarts"]["Schedule"] == "cron(0 7 * * ? *)"
    assert actions["PeakEnds"]["Schedule"] == "cron(0 21 * * ? *)"
    raised = actions["PeakStarts"]["ScalableTargetAction"]["MinCapacity"]
    assert raised == 2 * actions["PeakEnds"]["ScalableTargetAction"]["MinCapacity"]


def test_requests_are_counted_over_both_groups_of_a_canary(platforms, name):
    [policy] = [
        each.properties
        for each in platforms["prod"].of_type("AWS::ApplicationAutoScaling::ScalingPolicy")
        if each.path == f"ApiStack/{name}/Service/Scaling/Requests"
    ]
    configuration = policy["TargetTrackingScalingPolicyConfiguration"]
    metrics = configuration["CustomizedMetricSpecification"]["Metrics"]

    assert [each["Id"] for each in metrics if not each["ReturnData"]] == ["r0", "r1", "tasks"]
    assert metrics[-1]["Expression"] == "SUM([r0,r1])/60/tasks"
    assert configuration["TargetValue"] == 100
