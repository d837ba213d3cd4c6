"""Who is let in by what a resource itself says: keys, topics, queues and buckets."""

import pytest

from tests.infrastructure.synthesized import as_list


def test_a_key_serves_its_account_and_the_services_of_its_own_account(platform):
    for key in platform.of_type("AWS::KMS::Key"):
        for statement in key.properties["KeyPolicy"]["Statement"]:
            principal = statement["Principal"]
            if "Service" in principal:
                assert statement.get("Condition"), key.path
            else:
                assert platform.named(principal["AWS"], stack=key.stack).endswith(":root")


def test_a_role_is_assumed_by_one_aws_service(platform):
    for role in platform.of_type("AWS::IAM::Role"):
        [statement] = role.properties["AssumeRolePolicyDocument"]["Statement"]
        # GitHub's workflows show a token of theirs: test_github.py.
        if role.stack != "GitHubStack":
            assert isinstance(statement["Principal"]["Service"], str), role.path


def test_no_policy_of_a_resource_allows_everybody(platform):
    for kind in ("AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy"):
        for policy in platform.of_type(kind):
            for statement in policy.properties["PolicyDocument"]["Statement"]:
                if statement["Effect"] == "Allow":
                    assert statement["Principal"] not in ("*", {"AWS": "*"}), policy.path


@pytest.mark.parametrize("severity", ["Critical", "Warning", "Information"])
def test_alarms_of_this_account_may_publish_to_their_topics(platform, severity):
    policy = platform.at(f"NetworkStack/Alarms/{severity}/Policy")
    [allowed] = [
        statement
        for statement in policy.properties["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]

    assert set(allowed["Principal"]["Service"]) == {
        f"{service}.amazonaws.com" for service in ("budgets", "cloudwatch", "costalerts")
    }
    assert allowed["Action"] == "sns:Publish"
    assert allowed["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    }


def test_log_deliveries_to_the_logs_bucket_are_of_this_account(platform):
    [policy] = [
        each for each in platform.of_type("AWS::S3::BucketPolicy") if "LogsBucket" in each.path
    ]
    allows = [
        statement
        for statement in policy.properties["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]

    assert allows
    for statement in allows:
        assert {"s3:PutObject", "s3:GetBucketAcl"} >= set(as_list(statement["Action"]))
