"""Every choice an environment file offers, in every environment: what nobody synthesized breaks."""

import json

import pytest

from tests.infrastructure.choices import INSTANCES, SECRETS, TOGGLES
from tests.infrastructure.synthesized import OPTIONAL_STACKS, STACKS


def test_every_choice_is_made():
    assert set(TOGGLES) == {choice for choices in INSTANCES.values() for choice in choices}


def test_an_environment_as_it_is_has_every_stack(platform):
    assert platform.stack_artifacts.keys() - OPTIONAL_STACKS == set(STACKS)


@pytest.mark.parametrize("instance", INSTANCES)
def test_each_mix_of_choices_gives_every_stack(toggled, instance):
    found = toggled(instance).stack_artifacts
    assert found.keys() - OPTIONAL_STACKS == set(STACKS)


def test_a_boundary_limits_every_role(toggled):
    roles = toggled("boundary").of_type("AWS::IAM::Role")

    assert roles
    for role in roles:
        boundary = json.dumps(role.properties["PermissionsBoundary"])
        assert ":policy/team-boundary" in boundary, role.path


def test_no_role_has_a_boundary_that_nobody_asked_for(platform):
    for role in platform.of_type("AWS::IAM::Role"):
        assert "PermissionsBoundary" not in role.properties


def test_without_an_index_events_are_counted_and_archived_all_the_same(toggled):
    platform = toggled("nosearch")
    of_events = platform.of_type("AWS::Lambda::Function", stack="LambdaStack")
    functions = {each.path.split("/")[1] for each in of_events}
    [mapping] = platform.of_type("AWS::Lambda::EventSourceMapping")

    assert platform.of_type("AWS::OpenSearchService::Domain") == []
    assert functions == {
        *("Assign", "EvaluateFlag", "ProcessEvents"),
        *("AggregateMetrics", "SelectWinner"),
    }
    counting = platform.named(mapping.properties["FunctionName"], stack="LambdaStack")
    assert counting == "LambdaStack/ProcessEvents"
    assert len(platform.of_type("AWS::KinesisFirehose::DeliveryStream")) == 1


def test_a_second_person_approves_where_the_environment_says(toggled):
    settings, _ = experiments_service(toggled("told"))

    assert settings["APPROVALS_REQUIRED"] == "true"


def experiments_service(platform):
    only, _ = platform.at("ApiStack/Experiments/Task").properties["ContainerDefinitions"]
    return (
        {each["Name"]: each["Value"] for each in only["Environment"]},
        {each["Name"]: each["ValueFrom"] for each in only["Secrets"]},
    )


def test_optional_parts_are_on_where_their_secret_is_named_and_off_elsewhere(
    toggled, platforms, environment_name
):
    keys = {"SLACK_BOT_TOKEN": "slack", "SENDGRID_API_KEY": "sendgrid"}
    keys["ANTHROPIC_API_KEY"] = "anthropic"
    settings, secrets = experiments_service(toggled("told"))
    off_settings, off_secrets = experiments_service(platforms[environment_name])

    assert {name: secrets[name] for name in keys} == {
        name: f"{SECRETS}:{secret}-AbCdEf" for name, secret in keys.items()
    }
    assert settings["SLACK_CHANNEL"] == "#winners"
    assert settings["EMAIL_TO"] == "team@example.com"
    assert off_secrets.keys().isdisjoint(keys)
    assert off_settings.keys().isdisjoint({"SLACK_CHANNEL", "EMAIL_TO", "EMAIL_FROM"})


def test_the_key_of_an_optional_part_is_read_by_who_starts_the_service_alone(toggled):
    platform = toggled("told")

    readers = platform.who_may("secretsmanager:GetSecretValue", f"{SECRETS}:slack-AbCdEf")
    assert readers == {"ApiStack/Experiments/Task/Resource/ExecutionRole"}


def test_a_rolling_deployment_has_the_circuit_breaker_and_keeps_the_rules(
    toggled, platforms, environment_name
):
    rolling, canary = toggled("rolling"), platforms[environment_name]
    for service in rolling.of_type("AWS::ECS::Service", stack="ApiStack"):
        deployment = service.properties["DeploymentConfiguration"]
        assert deployment["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
        assert "AdvancedConfiguration" not in service.properties["LoadBalancers"][0]

    def rules(platform):
        return [
            each.properties["Actions"]
            for each in platform.of_type("AWS::ElasticLoadBalancingV2::ListenerRule")
        ]

    assert rules(rolling) == rules(canary)


def test_alarms_are_mailed_where_somebody_asked(toggled, platforms, environment_name):
    told = {
        each.path.rpartition("/")[0]: each.properties["Endpoint"]
        for each in toggled("told").of_type("AWS::SNS::Subscription")
    }

    topics = (
        *(f"NetworkStack/Alarms/{each}" for each in ("Critical", "Warning", "Information")),
        *("LambdaStack/Winners", "OperationsStack/Reports"),
        *("SageMakerStack/Rollouts", "SageMakerStack/Retraining/Notices"),
    )
    assert told == dict.fromkeys(topics, "on-call@example.com")
    assert platforms[environment_name].of_type("AWS::SNS::Subscription") == []


def test_an_environment_that_shares_its_account_leaves_the_accounts_log_role_alone(toggled):
    assert toggled("shared").of_type("AWS::ApiGateway::Account") == []


def test_architecture_is_one_choice_for_image_task_and_function(toggled):
    platform = toggled("x86")
    for definition in platform.of_type("AWS::ECS::TaskDefinition"):
        assert definition.properties["RuntimePlatform"]["CpuArchitecture"] == "X86_64"
    for function in platform.of_type("AWS::Lambda::Function"):
        assert function.properties["Architectures"] == ["x86_64"]


@pytest.mark.parametrize(
    ("tier", "node_type", "shards", "tasks"),
    [
        pytest.param("starter", "cache.t4g.micro", 1, 3, id="starter"),
        pytest.param("growth", "cache.t4g.small", 1, 6, id="growth"),
        pytest.param("high", "cache.r6g.xlarge", 3, 14, id="high"),
        pytest.param("extreme", "cache.r6g.4xlarge", 3, 28, id="extreme"),
    ],
)
def test_a_tier_sets_the_sizes(toggled, tier, node_type, shards, tasks):
    platform = toggled(tier)
    [cache] = platform.of_type("AWS::ElastiCache::ReplicationGroup")
    targets = platform.of_type("AWS::ApplicationAutoScaling::ScalableTarget")

    assert cache.properties["CacheNodeType"] == node_type
    assert cache.properties["NumNodeGroups"] == shards
    assert sum(each.properties["MinCapacity"] for each in targets) == tasks


def test_each_endpoint_is_the_reconcilers_and_a_job_may_do_without_spot(toggled, environment_name):
    platform = toggled("models")
    action = "sagemaker:UpdateEndpointWeightsAndCapacities"
    shifted = {each.resource for each in platform.permissions if each.action == action}
    [machine] = platform.of_type("AWS::StepFunctions::StateMachine")
    definition = platform.named(machine.properties["DefinitionString"], stack="SageMakerStack")
    job = json.loads(definition)["States"]["TrainModel"]["Parameters"]

    prefix = f"endpoint/kindred-tworegions-{environment_name}"
    assert {each.rpartition(":")[2] for each in shifted} == {
        f"{prefix}-embeddings",
        f"{prefix}-ranking-large",
    }
    assert job["EnableManagedSpotTraining"] is False
    assert "MaxWaitTimeInSeconds" not in job["StoppingCondition"]
