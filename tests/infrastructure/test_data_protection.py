"""Data in transit, at rest and under a person's rights: who is let near it, and by what."""

import pytest

from kindred_constructs.event_stream import RETENTION
from ops.privacy.report import STREAM_DAYS
from tests.infrastructure import models
from tests.infrastructure.privacy import (
    FORGETS,
    FORGETS_INSIDE,
    ROTATES,
    ROTATES_ADMINISTRATOR,
    ROTATES_CACHE,
    ROTATES_LOGIN,
)
from tests.infrastructure.synthesized import as_list

ACCOUNT = {"Ref": "AWS::AccountId"}
PSEUDONYMS = "DataStack/Pseudonyms"
TASKS = {
    f"ApiStack/{name}/Task/Resource/TaskRole"
    for name in ("Experiments", "Prediction", "Similarity")
}
# Asked by callers who have no identity of AWS.
OPEN_ENDPOINTS = ("cognito-idp", "execute-api")


def statements(resource):
    return resource.properties["PolicyDocument"]["Statement"]


def test_every_bucket_refuses_plain_http_and_the_public(platform):
    buckets = platform.of_type("AWS::S3::Bucket")
    policies = {
        platform.named(policy.properties["Bucket"], stack=policy.stack): policy
        for policy in platform.of_type("AWS::S3::BucketPolicy")
    }

    assert buckets
    for bucket in buckets:
        assert set(bucket.properties["PublicAccessBlockConfiguration"].values()) == {True}
        denied = [
            statement["Condition"]
            for statement in statements(policies[bucket.path])
            if statement["Effect"] == "Deny" and statement["Principal"] in ("*", {"AWS": "*"})
        ]
        assert {"Bool": {"aws:SecureTransport": "false"}} in denied, bucket.path
        assert {"NumericLessThan": {"s3:TlsVersion": 1.2}} in denied, bucket.path


def test_every_key_is_changed_each_year(platform):
    keys = platform.of_type("AWS::KMS::Key")

    assert keys
    assert all(key.properties["EnableKeyRotation"] is True for key in keys)


def test_endpoints_serve_this_account_and_carry_nothing_to_anothers_data(platform):
    for endpoint in platform.of_type("AWS::EC2::VPCEndpoint"):
        name = platform.named(endpoint.properties["ServiceName"], stack=endpoint.stack)
        if name.endswith(OPEN_ENDPOINTS):
            assert "PolicyDocument" not in endpoint.properties
            continue
        gateway = endpoint.properties["VpcEndpointType"] == "Gateway"
        wanted = {"aws:PrincipalAccount": ACCOUNT}
        if gateway:
            wanted["aws:ResourceAccount"] = ACCOUNT
        [first, *others] = statements(endpoint)
        assert first["Condition"] == {"StringEquals": wanted}, endpoint.path
        for other in others:
            assert name.endswith("s3"), endpoint.path
            assert other["Action"] == "s3:GetObject"
            assert "starport-layer-bucket/*" in platform.named(
                other["Resource"], stack=endpoint.stack
            )


def test_pseudonyms_are_made_by_whoever_tells_of_units_and_by_whoever_forgets(platform):
    assert platform.who_may("secretsmanager:GetSecretValue", PSEUDONYMS) == {
        *TASKS,
        "LambdaStack/Assign/Role",
        *models.rollout("Inference"),
        *(FORGETS, FORGETS_INSIDE, ROTATES),
    }


@pytest.mark.parametrize("secret", ["Secrets/Audit", "Secrets/Session"])
def test_a_secret_of_the_experiments_service_is_read_by_who_starts_it_and_not_by_it(
    platform, secret
):
    readers = platform.who_may("secretsmanager:GetSecretValue", f"DataStack/{secret}")

    assert readers == {"ApiStack/Experiments/Task/Resource/ExecutionRole"}


def test_the_login_is_read_by_who_starts_tasks_and_rotates_and_the_administrators_by_no_task(
    platform,
):
    def readers(secret):
        return platform.who_may("secretsmanager:GetSecretValue", f"DataStack/Database/{secret}")

    starter = "ApiStack/Experiments/Task/Resource/ExecutionRole"
    assert readers("Login") == {starter, ROTATES_LOGIN}
    assert readers("Password") == {ROTATES_LOGIN, ROTATES_ADMINISTRATOR}


def test_the_caches_password_is_read_by_who_starts_tasks_forgets_and_rotates(platform):
    readers = platform.who_may("secretsmanager:GetSecretValue", "DataStack/Cache/Password")

    starters = {task.replace("TaskRole", "ExecutionRole") for task in TASKS}
    assert readers == starters | {FORGETS_INSIDE, ROTATES_CACHE}


@pytest.mark.parametrize(
    ("path", "secret", "role", "with_deployment"),
    [
        ("Rotation", PSEUDONYMS, ROTATES, False),
        ("CacheRotation", "DataStack/Cache/Password", ROTATES_CACHE, False),
        # What it makes is what services sign in with.
        ("LoginRotation", "DataStack/Database/Login", ROTATES_LOGIN, True),
        (
            *("AdministratorRotation", "DataStack/Database/Password"),
            *(ROTATES_ADMINISTRATOR, False),
        ),
    ],
)
def test_a_secret_is_changed_by_its_rotation_alone_and_somebody_is_told_when_that_fails(
    environment, platform, path, secret, role, with_deployment
):
    schedule = platform.at(f"PrivacyStack/{path}/Default").properties
    function = role.removesuffix("/Role")
    alarm = platform.at(f"PrivacyStack/{path}/Failed").properties

    assert platform.named(schedule["SecretId"], stack="PrivacyStack") == secret
    assert platform.named(schedule["RotationLambdaARN"], stack="PrivacyStack") == function
    days = environment.privacy.rotation_days
    assert schedule["RotationRules"]["ScheduleExpression"] == f"rate({days} days)"
    assert schedule["RotateImmediatelyOnUpdate"] is with_deployment
    [watched] = alarm["Dimensions"]
    assert platform.named(watched["Value"], stack="PrivacyStack") == function
    assert (alarm["MetricName"], alarm["Threshold"], alarm["EvaluationPeriods"]) == ("Errors", 0, 1)
    for action in ("PutSecretValue", "UpdateSecretVersionStage"):
        assert platform.who_may(f"secretsmanager:{action}", secret) == {role}


def test_the_caches_user_is_given_passwords_by_its_rotation_alone(platform):
    changed = [each for each in platform.permissions if each.action == "elasticache:ModifyUser"]
    [user] = [
        each.properties["UserId"]
        for each in platform.of_type("AWS::ElastiCache::User")
        if each.properties["UserName"] == "kindred"
    ]
    assert [each.role for each in changed] == [ROTATES_CACHE]
    assert changed[0].resource.endswith(f":user:{user}")


def test_nobody_but_secrets_manager_calls_a_rotation_and_for_its_own_secret(platform):
    callers = platform.of_type("AWS::Lambda::Permission", stack="PrivacyStack")

    assert {each.properties["Principal"] for each in callers} == {"secretsmanager.amazonaws.com"}
    assert {
        platform.named(each.properties["SourceArn"], stack="PrivacyStack") for each in callers
    } == {
        *(PSEUDONYMS, "DataStack/Cache/Password"),
        *("DataStack/Database/Login", "DataStack/Database/Password"),
    }


def test_services_start_after_the_rotation_that_makes_their_users(platform):
    needed = platform.stack_artifacts["ApiStack"]["dependencies"]

    assert any("PrivacyStack" in each for each in needed)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("dynamodb:DeleteItem", "DataStack/CounterTables/Ledger"),
        ("dynamodb:Scan", "DataStack/CounterTables/Ledger"),
        ("dynamodb:DeleteItem", "DataStack/Tables/RequestLog"),
        ("dynamodb:Scan", "DataStack/Tables/RequestLog"),
        ("s3:DeleteObjectVersion", "StreamingStack/Archive/Bucket/events/*"),
        ("s3:DeleteObjectVersion", "StreamingStack/Archive/Bucket/failed/*"),
        ("s3:DeleteObjectVersion", "DataStack/TrainingBucket/data-capture/*"),
        ("sqs:DeleteMessage", "StreamingStack/Uncounted"),
    ],
)
def test_what_is_kept_of_units_is_removed_by_one_role_alone(platform, action, resource):
    assert platform.who_may(action, resource) == {FORGETS}


def test_a_unit_is_forgotten_again_when_the_stream_has_forgotten():
    assert RETENTION.to_days() == STREAM_DAYS


def test_who_forgets_inside_the_vpc_may_remove_documents_and_keys_and_nothing_else(platform):
    actions = {each.action for each in platform.permissions if each.role == FORGETS_INSIDE}

    assert {each for each in actions if "Delete" in each} == {
        "ec2:DeleteNetworkInterface",
    }
    assert not {each for each in actions if each.startswith("es:")} - {"es:ESHttpPost"}
    assert not any(each.startswith("s3:Put") for each in actions)


def test_a_generation_is_kept_for_longer_than_anything_that_it_names(platform, environment):
    function = platform.at("PrivacyStack/RotatePseudonyms").properties
    kept = int(function["Environment"]["Variables"]["KEEP_DAYS"])
    retention = environment.retention

    assert kept >= 400 + retention.event_archive_days
    assert kept >= 400 + retention.training_days


def test_queues_and_topics_of_ours_take_tls_alone(platform):
    for kind in ("AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"):
        for policy in platform.of_type(kind):
            denied = [each for each in statements(policy) if each["Effect"] == "Deny"]
            conditions = [each["Condition"] for each in denied]
            assert {"Bool": {"aws:SecureTransport": "false"}} in conditions, policy.path
            assert all(as_list(each["Action"]) for each in denied)
