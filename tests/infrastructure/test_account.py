"""The account's own guards: each by its switch, each once, and each heard."""

import json
from types import SimpleNamespace

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3

from kindred_constructs.alarm_topics import AlarmTopics
from kindred_constructs.house_rules import house_rules
from kindred_constructs.telemetry_key import TelemetryKey
from stacks.account_stack import AccountStack
from stacks.application import create_app
from stacks.environment_file import load_environment
from tests.infrastructure.choices import changed
from tests.infrastructure.edge_alone import STAGE
from tests.infrastructure.synthesized import ROOT, Synthesized

ALL = {"cloudtrail": True, "guardduty": True, "config": True}
RUNBOOK = "docs/runbooks/account-guards.md"


def account(folder, guards, *, region="us-east-1", regions=("us-east-1", "eu-west-1")):
    app = create_app(outdir=folder)
    stage = cdk.Stage(
        app,
        STAGE,
        env=cdk.Environment(region=region),
        property_injectors=house_rules(production=True, log_days=365),
    )
    home = cdk.Stack(stage, "HomeStack")
    key = TelemetryKey(home, "TelemetryKey")
    AccountStack(
        stage,
        "AccountStack",
        environment=changed("dev", account_guards=guards, production=True, regions=regions),
        region=region,
        network=SimpleNamespace(
            telemetry_key=key, alarms=AlarmTopics(home, "Alarms", key=key, email=None)
        ),
        data=SimpleNamespace(logs=s3.Bucket(home, "Logs")),
    )
    app.synth()
    return Synthesized(folder, STAGE)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    return account(tmp_path_factory.mktemp("guarded"), ALL)


def kinds(platform):
    found = {each.type for each in platform.resources if each.stack == "AccountStack"}
    guards = {"AWS::CloudTrail::Trail", "AWS::GuardDuty::Detector"}
    return found & (guards | {"AWS::Config::ConfigurationRecorder"})


@pytest.mark.parametrize(
    ("guards", "kind"),
    [
        pytest.param({"cloudtrail": True}, "AWS::CloudTrail::Trail", id="CloudTrail"),
        pytest.param({"guardduty": True}, "AWS::GuardDuty::Detector", id="GuardDuty"),
        pytest.param({"config": True}, "AWS::Config::ConfigurationRecorder", id="Config"),
    ],
)
def test_a_switch_turns_on_its_guard_and_no_other(tmp_path, guards, kind):
    assert kinds(account(tmp_path, guards)) == {kind}


def test_an_environment_that_shares_its_account_leaves_it_alone():
    for name in ("local", "dev", "staging"):
        assert not load_environment(name).account_guards.any
    assert load_environment("prod").account_guards.model_dump() == ALL


def test_calls_are_recorded_in_all_regions_in_files_whose_change_would_show(guarded):
    trail = guarded.at("AccountStack/Trail").properties

    assert trail["IsMultiRegionTrail"] is True
    assert trail["IncludeGlobalServiceEvents"] is True
    assert trail["EnableLogFileValidation"] is True
    assert trail["IsLogging"] is True
    key = guarded.named(trail["KMSKeyId"], stack="AccountStack")
    assert key == "AccountStack/Records/Key"


def test_another_region_of_the_environment_has_no_second_trail(tmp_path):
    second = account(tmp_path, ALL, region="eu-west-1")
    [recorder] = second.of_type("AWS::Config::ConfigurationRecorder")

    assert second.of_type("AWS::CloudTrail::Trail") == []
    assert len(second.of_type("AWS::GuardDuty::Detector")) == 1
    assert recorder.properties["RecordingGroup"]["IncludeGlobalResourceTypes"] is False


def test_records_are_private_kept_for_years_and_outlive_their_stack(guarded):
    bucket = guarded.at("AccountStack/Records")
    [rule] = bucket.properties["LifecycleConfiguration"]["Rules"]

    assert set(bucket.properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket.properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert rule["ExpirationInDays"] == 7 * 365
    assert rule["Transitions"] == [{"StorageClass": "DEEP_ARCHIVE", "TransitionInDays": 180}]
    for resource in (bucket, guarded.at("AccountStack/Records/Key")):
        assert resource.body["DeletionPolicy"] == "Retain"


def test_cloudtrail_writes_for_trails_of_this_account_alone(guarded):
    [policy] = [
        each
        for each in guarded.of_type("AWS::S3::BucketPolicy")
        if each.path == "AccountStack/Records/Resource/Policy"
    ]
    [denied] = [
        statement
        for statement in policy.properties["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny" and "Service" in statement["Principal"]
    ]
    ours = guarded.named(denied["Condition"]["ArnNotLike"]["aws:SourceArn"], stack="AccountStack")

    assert denied["Principal"] == {"Service": "cloudtrail.amazonaws.com"}
    assert ours == "arn:aws:cloudtrail:us-east-1:<AWS::AccountId>:trail/*"


def test_config_writes_its_own_prefix_and_nothing_else(guarded):
    written = {
        each.resource
        for each in guarded.permissions
        if each.action == "s3:PutObject" and each.role == "AccountStack/Configuration/Role"
    }

    assert written == {"AccountStack/Records/config/AWSLogs/<AWS::AccountId>/Config/*"}


def test_guardduty_watches_buckets_the_database_functions_and_tasks(guarded):
    [detector] = guarded.of_type("AWS::GuardDuty::Detector")
    features = {each["Name"] for each in detector.properties["Features"]}

    assert features == {
        *("S3_DATA_EVENTS", "RDS_LOGIN_EVENTS"),
        *("LAMBDA_NETWORK_LOGS", "RUNTIME_MONITORING"),
    }


def told(platform):
    """Topic of each rule, by name."""
    return {
        rule.path.rpartition("/")[2]: platform.named(
            rule.properties["Targets"][0]["Arn"], stack="AccountStack"
        )
        for rule in platform.of_type("AWS::Events::Rule")
    }


def test_what_a_guard_sees_is_told_by_how_soon_somebody_must_look(guarded):
    assert told(guarded) == {
        "RootSignIn": "HomeStack/Alarms/Critical",
        "HighThreats": "HomeStack/Alarms/Critical",
        "MediumThreats": "HomeStack/Alarms/Warning",
        "BrokenRules": "HomeStack/Alarms/Warning",
    }


@pytest.mark.parametrize(
    ("region", "heard"),
    [
        pytest.param("us-east-1", {"RootSignIn": "HomeStack/Alarms/Critical"}, id="where it is"),
        pytest.param("eu-west-1", {}, id="nowhere else"),
    ],
)
def test_a_root_sign_in_is_heard_where_aws_tells_of_it_whichever_region_is_home(
    tmp_path, region, heard
):
    regions = ("eu-west-1", "us-east-1")

    assert told(account(tmp_path, {"cloudtrail": True}, region=region, regions=regions)) == heard


def test_each_notice_says_what_to_do(guarded):
    assert (ROOT / RUNBOOK).is_file()
    for rule in guarded.of_type("AWS::Events::Rule"):
        assert RUNBOOK in json.dumps(rule.properties["Targets"][0])


def test_no_finding_is_told_twice(guarded):
    bounds = [
        rule.properties["EventPattern"]["detail"]["severity"][0]["numeric"]
        for rule in guarded.of_type("AWS::Events::Rule")
        if rule.properties["EventPattern"]["source"] == ["aws.guardduty"]
    ]

    assert sorted(bounds, key=len) == [[">=", 7], [">=", 4, "<", 7]]


def test_notices_are_sent_as_a_role_that_can_do_nothing_else(guarded):
    may = {
        (each.action, each.resource)
        for each in guarded.permissions
        if each.role == "AccountStack/Notices/Role"
    }

    assert may == {
        ("sns:Publish", "HomeStack/Alarms/Critical"),
        ("sns:Publish", "HomeStack/Alarms/Warning"),
        ("kms:Decrypt", "HomeStack/TelemetryKey"),
        ("kms:GenerateDataKey", "HomeStack/TelemetryKey"),
    }
