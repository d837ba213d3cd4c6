"""What the second region gathers itself is forgotten there, by who may do that and no more."""

import datetime as dt

import pytest

from stacks.acknowledgements import Acknowledgement
from stacks.environment_file import load_environment
from stacks.recovery import STANDBY
from tests.infrastructure.privacy import FORGETS, FORGETS_INSIDE

STANDING_BY = ("prod", "extreme")
ARCHIVE, LETTERS = f"{STANDBY}StreamingStack/Archive/Bucket", f"{STANDBY}StreamingStack/Uncounted"
THERE, THERE_INSIDE = f"{STANDBY}{FORGETS}", f"{STANDBY}{FORGETS_INSIDE}"
# What actions that change something begin with.
CHANGES = ("Abort", "Change", "Delete", "Put", "Update", "Write", "Batch")


@pytest.fixture(params=STANDING_BY)
def second(request, platforms):
    if request.param in platforms:
        return platforms[request.param].elsewhere
    return request.getfixturevalue(request.param).elsewhere


def allowed(platform, role):
    return {(each.action, each.resource) for each in platform.permissions if each.role == role}


def changes(platform, role):
    return {
        (action, resource)
        for action, resource in allowed(platform, role)
        if action.partition(":")[2].startswith(CHANGES)
    }


def settings(platform, name):
    function = platform.at(f"{STANDBY}PrivacyStack/Forgetting/{name}")
    given = function.properties["Environment"]["Variables"]
    return {key: platform.named(value, stack=function.stack) for key, value in given.items()}


def test_it_changes_and_removes_what_the_region_gathered_and_nothing_else(second):
    objects = {
        f"{ARCHIVE}/{prefix}*" for prefix in ("events/", "failed/", "query-results/forgotten/")
    }
    removing = {
        (f"s3:Delete{what}", each) for what in ("Object", "ObjectVersion") for each in objects
    }
    writing = {
        (f"s3:{action}", each)
        for action in ("AbortMultipartUpload", "PutObject")
        for each in {*objects, f"{ARCHIVE}/query-results/*"}
    }
    letters = {
        (f"sqs:{action}", LETTERS) for action in ("ChangeMessageVisibility", "DeleteMessage")
    }

    # As every function does.
    told = {each for each in changes(second, THERE) if each[0].startswith(("logs:", "xray:"))}
    assert changes(second, THERE) - told == removing | writing | letters


def test_it_may_there_what_the_first_regions_may_here_with_what_a_region_has_of_its_own(second):
    def own(platform, before):
        stack = f"{before}StreamingStack/"
        return {
            (action, resource.removeprefix(before))
            for action, resource in allowed(platform, f"{before}{FORGETS}")
            # An index is there once the region serves.
            if resource.startswith(stack) and "/Unindexed" not in resource
        }

    here, there = own(second.elsewhere, ""), own(second, STANDBY)
    # Whether S3 has made its copy is asked of what is copied.
    assert here - there == {("s3:GetObjectVersion", "StreamingStack/Archive/Bucket/events/*")}
    assert there
    assert there < here


def test_tables_and_copies_are_left_to_the_first_region(second):
    services = {action.partition(":")[0] for action, _ in allowed(second, THERE)}

    assert "dynamodb" not in services
    assert {each for each in allowed(second, THERE) if "RecoveryStack/" in each[1]} == {
        ("s3:GetObject", "RecoveryStack/DefinitionsBucket/definitions/source.json"),
        ("s3:ListBucket", "RecoveryStack/DefinitionsBucket"),
        ("kms:Decrypt", "RecoveryStack/DataKey"),
        ("kms:GenerateDataKey", "RecoveryStack/DataKey"),
    }
    given = settings(second, "ForgetRecords")
    assert not [name for name in given if name.endswith("_TABLE") and name != "EVENTS_TABLE"]
    assert not [name for name in given if "REPLICA" in name or "TRAINING" in name]


def test_nothing_copies_the_archive_so_what_is_removed_there_is_gone(second):
    assert "ReplicationConfiguration" not in second.at(ARCHIVE).properties


def test_it_is_told_where_the_regions_own_stores_are(second):
    given = settings(second, "ForgetRecords")

    assert given["ARCHIVE_BUCKET"] == ARCHIVE
    assert given["DEAD_LETTER_QUEUE_URLS"] == LETTERS
    assert given["ATHENA_WORKGROUP"] == f"{STANDBY}StreamingStack/Archive/Workgroup"
    assert given["LOG_GROUPS_NAMED"] == f"{second.stage}-"
    inside = settings(second, "ForgetInside")
    assert inside["CACHE_SECRET_ARN"] == f"{STANDBY}DataStack/Cache/Password"
    assert inside["VALKEY_HOST"] == f"{STANDBY}DataStack/Cache"


def test_every_queue_and_cache_of_the_region_that_may_hold_a_unit_is_gone_through(second):
    queues = {
        each.path for each in second.of_type("AWS::SQS::Queue", stack=f"{STANDBY}StreamingStack")
    }
    caches = {each.path for each in second.of_type("AWS::ElastiCache::ReplicationGroup")}

    # Daily runs are of no unit.
    assert queues == {LETTERS, f"{STANDBY}StreamingStack/Unscheduled"}
    assert caches == {f"{STANDBY}DataStack/Cache"}
    # It has no index until it serves; the same construct grants it then.
    assert second.of_type("AWS::OpenSearchService::Domain") == []


def test_who_forgets_inside_enters_the_cache_of_its_own_region(second):
    [entry] = second.of_type("AWS::EC2::SecurityGroupIngress", stack=f"{STANDBY}PrivacyStack")
    group = second.named(entry.properties["GroupId"], stack=entry.stack)

    assert group.startswith(f"{STANDBY}DataStack/Cache")
    password = second.who_may("secretsmanager:GetSecretValue", f"{STANDBY}DataStack/Cache/Password")
    assert THERE_INSIDE in password


def test_units_have_the_same_names_there_and_only_the_caches_own_secret_rotates(second):
    pseudonyms = settings(second, "ForgetRecords")["PSEUDONYM_SECRET_ARN"]

    assert pseudonyms == settings(second, "ForgetInside")["PSEUDONYM_SECRET_ARN"]
    task = second.at(f"{STANDBY}ApiStack/Similarity/Task").properties
    told = {
        each["Name"]: each["Value"]
        for container in task["ContainerDefinitions"]
        for each in container.get("Environment", [])
    }
    assert second.named(told["PSEUDONYM_SECRET_ARN"], stack=f"{STANDBY}ApiStack") == pseudonyms
    rotated = {
        second.named(each.properties["SecretId"], stack=each.stack)
        for each in second.of_type("AWS::SecretsManager::RotationSchedule")
    }
    assert rotated == {f"{STANDBY}DataStack/Cache/Password"}
    writers = second.who_may("secretsmanager:PutSecretValue", f"{STANDBY}DataStack/Cache/Password")
    assert writers == {f"{STANDBY}PrivacyStack/RotateCachePassword/Role"}


def test_the_command_finds_both_functions_and_they_are_all_but_a_rotation(second):
    stack = f"{STANDBY}PrivacyStack"
    functions = {each.path for each in second.of_type("AWS::Lambda::Function", stack=stack)}
    names = ("ForgetRecords", "ForgetInside")

    assert functions == {
        *(f"{stack}/Forgetting/{name}" for name in names),
        f"{stack}/RotateCachePassword",
    }
    outputs = second.templates[stack]["Outputs"]
    assert {f"{name}FunctionName" for name in names} <= outputs.keys()


def test_where_only_copies_are_in_the_second_region_nothing_forgets_there(platforms):
    assert load_environment("staging").recovery.region
    assert f"{STANDBY}PrivacyStack" not in platforms["staging"].elsewhere.templates


def test_what_is_right_of_a_stacks_reference_is_right_of_that_between_those_that_stand_by():
    referring = Acknowledgement(
        id='AwsSolutions::AwsSolutions-IAM5[Resource::{"Fn::GetStackOutput":{"StackName":'
        '"<Stage>-StreamingStack","Region":"<Region>","OutputName":"Search"}}/_count]',
        path="PrivacyStack/Forgetting",
        reason="A reason that is long enough to be one.",
        owner="data",
        expires=dt.date(2027, 11, 30),
    )

    said = referring.of_standby.id_in(
        stage="Kindred-prod", region="us-west-2", environment=load_environment("prod")
    )
    assert '"StackName":"Kindred-prod-StandbyStreamingStack","Region":"us-west-2"' in said
