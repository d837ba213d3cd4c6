"""Every choice an environment file offers, in every environment: what nobody synthesized breaks."""

import json
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
import yaml

from stacks.application import create_app
from stacks.environment_file import DIRECTORY, parse_environment
from stacks.platform import Platform
from tests.infrastructure.choices import (
    GIVEN_VPC,
    INSTANCES,
    SECRETS,
    TOGGLES,
    instance_of,
    synthesize_instances,
)
from tests.infrastructure.synthesized import (
    ENVIRONMENTS,
    OPTIONAL_STACKS,
    STACKS,
    Synthesized,
    every_string,
)


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for each environment. Python and Node wait for each other: two fill two cores."""
    output = tmp_path_factory.mktemp("matrix")
    with ProcessPoolExecutor(max_workers=2, mp_context=get_context("spawn")) as workers:
        outputs = [output / name for name in ENVIRONMENTS]
        list(workers.map(synthesize_instances, ENVIRONMENTS, outputs))
    return output


@pytest.fixture(params=ENVIRONMENTS)
def environment_name(request):
    return request.param


@pytest.fixture
def toggled(matrix, environment_name):
    return lambda choice: Synthesized(
        matrix / environment_name, f"Kindred-{instance_of(choice)}-{environment_name}"
    )


def test_every_choice_is_made():
    assert set(TOGGLES) == {choice for choices in INSTANCES.values() for choice in choices}


@pytest.mark.parametrize("instance", INSTANCES)
def test_each_mix_of_choices_gives_every_stack(toggled, instance):
    found = toggled(instance).stack_artifacts
    assert tuple(name for name in found if name not in OPTIONAL_STACKS) == STACKS


def test_a_given_vpc_is_used_and_none_is_made(toggled):
    platform = toggled("givenvpc")
    [service, *_] = platform.of_type("AWS::ECS::Service")
    network = service.properties["NetworkConfiguration"]["AwsvpcConfiguration"]
    [cache] = platform.of_type("AWS::ElastiCache::SubnetGroup")

    kinds = {each.type for each in platform.resources if each.stack == "NetworkStack"}
    assert not [kind for kind in kinds if kind.startswith("AWS::EC2::")]
    assert network["Subnets"] == GIVEN_VPC["private_subnet_ids"]
    assert cache.properties["SubnetIds"] == GIVEN_VPC["isolated_subnet_ids"]


def test_a_given_vpc_gets_endpoints_where_its_route_tables_are_told(toggled):
    endpoints = toggled("givenvpcrt").of_type("AWS::EC2::VPCEndpoint")

    gateways = [each.properties for each in endpoints if "RouteTableIds" in each.properties]
    assert [each["RouteTableIds"] for each in gateways] == [["rtb-a", "rtb-b"]] * 2
    [interface] = [each.properties for each in endpoints if "SubnetIds" in each.properties]
    assert interface["SubnetIds"] == GIVEN_VPC["private_subnet_ids"]


def test_without_nat_tasks_run_in_isolated_subnets_with_endpoints(toggled):
    platform = toggled("nonat")
    [service, *_] = platform.of_type("AWS::ECS::Service")
    subnets = service.properties["NetworkConfiguration"]["AwsvpcConfiguration"]["Subnets"]

    assert platform.of_type("AWS::EC2::NatGateway") == []
    assert all("IsolatedSubnet" in platform.named(each, stack="ApiStack") for each in subnets)
    assert len(platform.of_type("AWS::EC2::VPCEndpoint")) == 2 + 10
    gateways = [
        each
        for each in platform.of_type("AWS::EC2::VPCEndpoint")
        if each.properties["VpcEndpointType"] == "Gateway"
    ]
    for gateway in gateways:
        tables = {
            platform.named(each, stack="NetworkStack")
            for each in gateway.properties["RouteTableIds"]
        }
        assert any("Isolated" in table for table in tables)


def test_a_domain_brings_its_own_certificate_and_name(toggled):
    platform = toggled("domain")
    [certificate] = platform.of_type("AWS::CertificateManager::Certificate")
    [listener] = platform.of_type("AWS::ElasticLoadBalancingV2::Listener")
    used = listener.properties["Certificates"][0]["CertificateArn"]
    method = platform.of_type("AWS::ApiGateway::Method")[0]

    assert certificate.properties["DomainName"] == "internal.kindred.example.com"
    assert certificate.properties["ValidationMethod"] == "DNS"
    assert platform.named(used, stack="RoutingStack") == certificate.path
    uri = method.properties["Integration"]["Uri"]
    assert uri.startswith("https://internal.kindred.example.com/api/v1/")


def test_without_a_domain_the_certificate_is_a_parameter_of_the_environment(
    toggled, environment_name
):
    parameters = toggled("asis").templates["RoutingStack"]["Parameters"].values()

    defaults = {each.get("Default") for each in parameters}
    assert f"/kindred/asis-{environment_name}/internal-certificate-arn" in defaults


def test_a_boundary_limits_every_role(toggled):
    roles = toggled("boundary").of_type("AWS::IAM::Role")

    assert roles
    for role in roles:
        boundary = json.dumps(role.properties["PermissionsBoundary"])
        assert ":policy/team-boundary" in boundary, role.path


def test_no_role_has_a_boundary_that_nobody_asked_for(toggled):
    for role in toggled("asis").of_type("AWS::IAM::Role"):
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


def test_optional_parts_are_on_where_their_secret_is_named_and_off_elsewhere(toggled):
    keys = {"SLACK_BOT_TOKEN": "slack", "SENDGRID_API_KEY": "sendgrid"}
    keys["ANTHROPIC_API_KEY"] = "anthropic"
    settings, secrets = experiments_service(toggled("told"))
    off_settings, off_secrets = experiments_service(toggled("asis"))

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


def test_a_rolling_deployment_has_the_circuit_breaker_and_keeps_the_rules(toggled):
    rolling, canary = toggled("rolling"), toggled("asis")
    for service in rolling.of_type("AWS::ECS::Service"):
        deployment = service.properties["DeploymentConfiguration"]
        assert deployment["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
        assert "AdvancedConfiguration" not in service.properties["LoadBalancers"][0]

    def rules(platform):
        return [
            each.properties["Actions"]
            for each in platform.of_type("AWS::ElasticLoadBalancingV2::ListenerRule")
        ]

    assert rules(rolling) == rules(canary)


def test_alarms_are_mailed_where_somebody_asked(toggled):
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
    assert toggled("asis").of_type("AWS::SNS::Subscription") == []


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


def test_a_second_region_is_a_stage_of_its_own(matrix, environment_name):
    second = Synthesized(
        matrix / environment_name, f"Kindred-tworegions-{environment_name}-eu-west-1"
    )

    regions = {
        name: artifact["environment"].rpartition("/")[2]
        for name, artifact in second.stack_artifacts.items()
    }
    naming_the_first = {
        name
        for name, template in second.templates.items()
        if any("us-east-1" in text for text in every_string(template))
    }
    # CloudFront is configured there, and reads its secret there.
    assert regions.pop("EdgeStack") == "us-east-1"
    assert set(regions.values()) == {"eu-west-1"}
    assert naming_the_first == {"DataStack", "EdgeStack"}


def test_two_instances_in_one_account_share_no_name(toggled):
    """Names that AWS wants unique in an account and region, and those of stacks."""
    unique = ("UserId", "UserGroupId", "LogGroupName", "RoleName", "BucketName")
    of_a_kind = {
        ("AWS::Athena::WorkGroup", "Name"),
        ("AWS::ECS::TaskDefinition", "Family"),
        ("AWS::Glue::Database", "DatabaseInput"),
        ("AWS::RDS::DBCluster", "DBClusterIdentifier"),
    }

    def names(instance):
        platform = toggled(instance)
        stacks = {each["properties"]["stackName"] for each in platform.stack_artifacts.values()}
        own = {
            json.dumps(resource.properties[key])
            for resource in platform.resources
            for key in resource.properties
            if (resource.type, key) in of_a_kind or (key in unique and key != "LogGroupName")
        }
        return stacks | own

    first, second = names("told"), names("shared")
    assert first
    assert first.isdisjoint(second)


def test_an_environment_may_name_its_account_and_is_still_not_looked_up(tmp_path):
    document = yaml.safe_load((DIRECTORY / "dev.yaml").read_text())
    text = json.dumps({**document, "account": "111122223333"})
    app = create_app(outdir=tmp_path)
    Platform(app, environment=parse_environment(text, file="dev.yaml"), region="us-east-1")

    app.synth()

    platform = Synthesized(tmp_path, "Kindred-dev")
    assert "missing" not in platform.manifest
    assert "dummy1a" not in json.dumps(platform.templates)


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
