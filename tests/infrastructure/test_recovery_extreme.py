"""The largest tier, in two regions and under a name that fails over; each synthesized once."""

import json
from pathlib import Path

import pytest
import yaml

from stacks.application import create_app
from stacks.environment_file import DIRECTORY, load_environment, parse_environment
from stacks.platform import Platform
from stacks.recovery import STANDBY
from tests.infrastructure.synthesized import Synthesized

pytestmark = pytest.mark.slow
DOMAIN = {"name": "kindred.example.com", "hosted_zone_id": "Z0123456789"}
NAME = "origin-warm.kindred.example.com"


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both strategies that stand by, under a domain."""
    output = tmp_path_factory.mktemp("named")
    app = create_app(outdir=output)
    app.node.set_context("aws:cdk:bundling-stacks", [])
    document = yaml.safe_load((DIRECTORY / "extreme.yaml").read_text())
    for instance, strategy in (("warm", "warm_standby"), ("pilot", "pilot_light")):
        recovery = {**document["recovery"], "strategy": strategy, "rto_minutes": 60}
        changed = {**document, "instance": instance, "domain": DOMAIN, "recovery": recovery}
        environment = parse_environment(json.dumps(changed), file="extreme.yaml")
        Platform(app, environment=environment, region="us-east-1")
    app.synth()
    return output


@pytest.fixture
def warm(named):
    return Synthesized(named, "Kindred-warm-extreme")


@pytest.fixture
def pilot(named):
    return Synthesized(named, "Kindred-pilot-extreme")


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
    assert found["HealthyNotDeclared"]["AlarmIdentifier"]["Region"] == "eu-west-1"


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
