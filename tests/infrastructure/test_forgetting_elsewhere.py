"""What S3 copies of units to a second region is removed there by who forgets, and that alone."""

import pytest

from stacks.environment_file import load_environment
from tests.infrastructure.privacy import FORGETS
from tests.infrastructure.synthesized import ENVIRONMENTS

REPLICATED = ("staging", "prod", "extreme")
# Which bucket and what below it; the settings of either begin with a word of their own.
KEPT_OF_UNITS = {
    "ARCHIVE": ("StreamingStack/Archive/Bucket", "RecoveryStack/EventsBucket", "events/"),
    "TRAINING": ("DataStack/TrainingBucket", "RecoveryStack/TrainingBucket", "data-capture/"),
}


@pytest.fixture(params=REPLICATED)
def replicated(request, platforms):
    if request.param in platforms:
        return platforms[request.param]
    return request.getfixturevalue(request.param)


def allowed(region):
    """Of a region's roles, on what is replicated."""
    return {
        (permission.role, permission.action, permission.resource)
        for permission in region.permissions
        if permission.resource.startswith("RecoveryStack/")
        and "Bucket" in permission.resource
        and permission.action.startswith("s3:")
    }


def settings(platform):
    function = platform.at("PrivacyStack/Forgetting/ForgetRecords")
    return {
        name: platform.named(value, stack=function.stack)
        for name, value in function.properties["Environment"]["Variables"].items()
        if "REPLICA" in name
    }


def test_who_forgets_lists_and_removes_copies_and_does_nothing_else_there(replicated):
    there = {
        (action, resource) for role, action, resource in allowed(replicated) if role == FORGETS
    }

    assert there == {
        *(("s3:ListBucketVersions", replica) for _, replica, _ in KEPT_OF_UNITS.values()),
        *(
            ("s3:DeleteObjectVersion", f"{replica}/{prefix}*")
            for _, replica, prefix in KEPT_OF_UNITS.values()
        ),
    }
    # Neither takes a key: nothing is read there or written.
    assert not replicated.who_may("kms:Decrypt", "RecoveryStack/DataKey") & {FORGETS}


def test_nobody_else_removes_a_copy_and_nobody_in_the_second_region_does(replicated):
    removing = {
        role
        for region in (replicated, replicated.elsewhere)
        for role, action, _ in allowed(region)
        if action.startswith("s3:Delete")
    }

    assert removing == {FORGETS}


def test_everything_that_is_removed_here_and_copied_is_removed_there(replicated):
    removed = {
        permission.resource.removesuffix("*")
        for permission in replicated.permissions
        if permission.role == FORGETS and permission.action == "s3:DeleteObjectVersion"
    }
    wanted = set()
    for bucket in replicated.of_type("AWS::S3::Bucket"):
        for rule in bucket.properties.get("ReplicationConfiguration", {}).get("Rules", []):
            to = replicated.named(rule["Destination"]["Bucket"], stack=bucket.stack)
            copied = rule.get("Filter", {}).get("Prefix", rule.get("Prefix", ""))
            below = {each.removeprefix(f"{bucket.path}/") for each in removed}
            wanted |= {f"{to}/{each}" for each in below - removed if each.startswith(copied)}

    assert wanted == {each for each in removed if each.startswith("RecoveryStack/")}
    assert wanted == {f"{replica}/{prefix}" for _, replica, prefix in KEPT_OF_UNITS.values()}


def test_whether_a_copy_was_made_is_asked_of_what_it_is_of(replicated):
    asked = {
        permission.resource
        for permission in replicated.permissions
        if permission.role == FORGETS and permission.action == "s3:GetObjectVersion"
    }

    assert asked == {f"{source}/{prefix}*" for source, _, prefix in KEPT_OF_UNITS.values()}


def test_the_function_is_told_where_the_copies_are(replicated):
    region = load_environment(replicated.stage.removeprefix("Kindred-")).recovery.region

    assert settings(replicated) == {
        "REPLICA_REGION": region,
        **{f"{name}_REPLICA_BUCKET": replica for name, (_, replica, _) in KEPT_OF_UNITS.items()},
    }


@pytest.mark.parametrize("name", sorted({*ENVIRONMENTS} - {*REPLICATED}))
def test_without_a_second_region_nothing_is_said_or_allowed_of_one(platforms, name):
    platform = platforms[name]

    assert settings(platform) == {}
    assert not [
        permission
        for permission in platform.permissions
        if permission.role == FORGETS and permission.action == "s3:GetObjectVersion"
    ]
