"""The largest tier, in two regions, and a name that fails over from one to the other."""

import json
from types import SimpleNamespace

import aws_cdk as cdk
import pytest
from aws_cdk import aws_apigateway as apigateway

from kindred_constructs.declared_failover import DeclaredFailover
from stacks.application import create_app
from stacks.environment_file import load_environment
from stacks.failover_stack import FailoverStack
from stacks.recovery import STANDBY
from tests.infrastructure.choices import TOGGLES, changed, instance_of
from tests.infrastructure.synthesized import Synthesized

pytestmark = pytest.mark.slow
NAME = f"origin-{instance_of('warm')}.kindred.example.com"


@pytest.fixture
def warm(toggled):
    """Of the largest tier too, under a domain."""
    return toggled("warm")


@pytest.fixture(scope="module")
def pilot(tmp_path_factory):
    """Production under a domain: the first region's half of its name, by itself."""
    output = tmp_path_factory.mktemp("pilot")
    app = create_app(outdir=output)
    stage = cdk.Stage(app, "Kindred-prod", env=cdk.Environment(region="us-east-1"))
    there = cdk.Stack(stage, f"{STANDBY}HomeStack", env=cdk.Environment(region="us-west-2"))
    api = apigateway.RestApi(cdk.Stack(stage, "HomeStack"), "Api")
    api.root.add_method("GET")
    FailoverStack(
        stage,
        "FailoverStack",
        environment=changed("prod", **TOGGLES["domain"]),
        api=SimpleNamespace(rest_api=api),
        declared=DeclaredFailover(there, "Declared", environment="prod"),
    )
    app.synth()
    return Synthesized(output, "Kindred-prod")


def checks(platform):
    return {
        each.path.partition("/")[2]: each.properties["HealthCheckConfig"]
        for each in platform.of_type("AWS::Route53::HealthCheck")
    }


@pytest.mark.parametrize("service", ["Similarity", "Prediction", "Experiments"])
def test_a_warm_standby_runs_a_quarter_of_the_tasks_in_two_zones(extreme, service):
    path = f"ApiStack/{service}/Service/Resource/TaskCount/Target"
    first = extreme.at(path).properties["MinCapacity"]
    second = extreme.elsewhere.at(f"{STANDBY}{path}").properties["MinCapacity"]

    assert second == max(2, -(-first // 4))


def test_both_regions_stay_within_what_cloudformation_takes(extreme):
    for region in (extreme, extreme.elsewhere):
        for name, template in region.templates.items():
            assert len(template["Resources"]) <= 400, name
            assert region.template_files[name].stat().st_size <= 800_000, name


def test_data_of_both_regions_is_kept_and_its_stacks_cannot_be_deleted(extreme):
    for region in (extreme, extreme.elsewhere):
        for kind in ("AWS::S3::Bucket", "AWS::RDS::DBCluster", "AWS::Backup::BackupVault"):
            assert {each.body["DeletionPolicy"] for each in region.of_type(kind)} == {"Retain"}
    protected = {
        name
        for name, artifact in extreme.elsewhere.stack_artifacts.items()
        if artifact["properties"].get("terminationProtection")
    }
    stateful = {"RecoveryStack", f"{STANDBY}DataStack", f"{STANDBY}StreamingStack"}
    assert protected == stateful


def test_replication_itself_can_be_broken_on_purpose_where_there_is_some(extreme):
    paused = {
        action["ActionId"]: action["Parameters"]["duration"]
        for each in extreme.of_type("AWS::FIS::ExperimentTemplate")
        for action in each.properties["Actions"].values()
        if "pause" in action["ActionId"]
    }

    assert paused == {
        "aws:dynamodb:global-table-pause-replication": "PT10M",
        "aws:s3:bucket-pause-replication": "PT10M",
    }


def test_one_name_is_answered_by_the_first_region_and_else_by_the_second(warm):
    [first] = warm.of_type("AWS::Route53::RecordSet", stack="FailoverStack")
    [second] = warm.elsewhere.of_type("AWS::Route53::RecordSet")
    failover = [each.properties["Failover"] for each in (first, second)]

    assert {each.properties["Name"] for each in (first, second)} == {f"{NAME}."}
    assert failover == ["PRIMARY", "SECONDARY"]
    # The last resort is asked in any case.
    assert "HealthCheckId" not in second.properties
    assert first.properties["SetIdentifier"] != second.properties["SetIdentifier"]


def test_a_warm_standby_takes_over_by_itself_or_by_declaration(warm):
    found = checks(warm)
    both = found["Healthy"]

    assert both["Type"] == "CALCULATED"
    assert both["HealthThreshold"] == len(both["ChildHealthChecks"]) == 2
    assert found["HealthyAnswers"]["ResourcePath"] == "/ping"
    assert found["HealthyNotDeclared"]["AlarmIdentifier"]["Region"] == "us-west-2"


def test_a_pilot_light_takes_over_by_declaration_alone(pilot):
    [check] = checks(pilot).values()

    assert check["Type"] == "CLOUDWATCH_METRIC"
    assert check["InsufficientDataHealthStatus"] == "LastKnownStatus"


def test_cloudfront_asks_the_name_and_the_first_regions_api_for_models(warm):
    origins = [
        origin["DomainName"]
        for each in warm.of_type("AWS::CloudFront::Distribution")
        for origin in each.properties["DistributionConfig"]["Origins"]
    ]

    assert NAME in origins
    assert any(isinstance(each, dict) for each in origins)


def test_the_second_regions_firewall_knows_cloudfront_by_the_same_secret(warm):
    [acl] = warm.elsewhere.of_type("AWS::WAFv2::WebACL")

    text = json.dumps(acl.properties)
    assert "-DataStack" in text
    assert "resolve:secretsmanager" in text
    assert f"{STANDBY}DataStack" not in text


def test_the_largest_tier_promises_less_than_production():
    claims = [load_environment(name).recovery for name in ("prod", "extreme")]

    assert claims[1].rto_minutes < claims[0].rto_minutes
