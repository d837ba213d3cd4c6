"""Who may do what: each role has what its work takes, and nothing is allowed to everybody."""

import pytest

from tests.infrastructure.synthesized import as_list

TASK_ROLES = {f"ApiStack/{name}/Task/Resource/TaskRole" for name in ("Similarity", "Prediction")}
EXECUTION_ROLES = {role.replace("TaskRole", "ExecutionRole") for role in TASK_ROLES}
SHIFTING_ROLES = {f"ApiStack/{name}/Route/ShiftingRole" for name in ("Similarity", "Prediction")}

# What has no resource-level permission in IAM, and who needs it none the less.
EVERYWHERE = {
    "ecr:GetAuthorizationToken": EXECUTION_ROLES,
    "elasticloadbalancing:DescribeListeners": SHIFTING_ROLES,
    "elasticloadbalancing:DescribeRules": SHIFTING_ROLES,
    "elasticloadbalancing:DescribeTargetGroups": SHIFTING_ROLES,
    "elasticloadbalancing:DescribeTargetHealth": SHIFTING_ROLES,
}
MANAGED_POLICIES = {
    # API Gateway's own, for the account's one role for logs.
    "ApiStack/Api/Resource/CloudWatchRole": "service-role/AmazonAPIGatewayPushToCloudWatchLogs",
}


@pytest.mark.parametrize("role", sorted(TASK_ROLES))
def test_a_task_may_do_exactly_what_answering_takes(platform, role):
    allowed = {
        (permission.action, permission.resource)
        for permission in platform.permissions
        if permission.role == role
    }

    assert allowed == {
        ("s3:GetObject", "DataStack/EmbeddingsBucket/embeddings/*"),
        ("s3:ListBucket", "DataStack/EmbeddingsBucket"),
        ("dynamodb:GetItem", "DataStack/Tables/Experiments"),
        ("dynamodb:UpdateItem", "DataStack/Tables/Metrics"),
        ("dynamodb:BatchWriteItem", "DataStack/Tables/RequestLog"),
        ("dynamodb:PutItem", "DataStack/Tables/RequestLog"),
        ("kms:Decrypt", "DataStack/DataKey"),
        ("kms:DescribeKey", "DataStack/DataKey"),
        ("kms:Encrypt", "DataStack/DataKey"),
        ("kms:GenerateDataKey", "DataStack/DataKey"),
        ("kms:ReEncryptFrom", "DataStack/DataKey"),
        ("kms:ReEncryptTo", "DataStack/DataKey"),
    }


@pytest.mark.parametrize(
    ("action", "resource", "roles"),
    [
        pytest.param(
            "dynamodb:UpdateItem", "DataStack/Tables/Metrics", TASK_ROLES, id="counts: both tasks"
        ),
        pytest.param(
            "dynamodb:PutItem", "DataStack/Tables/Experiments", set(), id="weights: no task"
        ),
        pytest.param(
            "dynamodb:UpdateItem", "DataStack/Tables/Experiments", set(), id="weights, by update"
        ),
        pytest.param(
            "s3:PutObject", "DataStack/EmbeddingsBucket/embeddings/*", set(), id="models: no task"
        ),
        pytest.param(
            "secretsmanager:GetSecretValue",
            "DataStack/Cache/Password",
            EXECUTION_ROLES,
            id="the cache's password: who starts tasks, not the tasks",
        ),
        pytest.param(
            "elasticloadbalancing:ModifyRule",
            "ApiStack/Similarity/Route/Rule",
            {"ApiStack/Similarity/Route/ShiftingRole"},
            id="a service's traffic: that service's deployments",
        ),
    ],
)
def test_only_these_roles_may(platform, action, resource, roles):
    assert platform.who_may(action, resource) == roles


def test_nothing_is_allowed_everywhere_but_what_iam_cannot_limit(platform):
    found: dict[str, set[str]] = {}
    for permission in platform.permissions:
        if permission.resource == "*":
            found.setdefault(permission.action, set()).add(permission.role)

    assert found == EVERYWHERE


def test_no_action_is_a_wildcard(platform):
    assert [each for each in platform.permissions if "*" in each.action] == []


def test_no_role_passes_roles_or_changes_permissions(platform):
    services = {permission.action.partition(":")[0] for permission in platform.permissions}

    assert services.isdisjoint({"iam", "sts", "organizations"})


def test_aws_managed_policies_are_those_that_aws_asks_for(platform):
    attached = {
        role.path: platform.named(policy, stack=role.stack).partition(":policy/")[2]
        for role in platform.of_type("AWS::IAM::Role")
        for policy in role.properties.get("ManagedPolicyArns", [])
    }

    assert attached == MANAGED_POLICIES


def test_a_role_is_assumed_by_one_aws_service(platform):
    for role in platform.of_type("AWS::IAM::Role"):
        [statement] = role.properties["AssumeRolePolicyDocument"]["Statement"]
        assert list(statement["Principal"]) == ["Service"], role.path
        assert isinstance(statement["Principal"]["Service"], str), role.path


def test_a_key_serves_its_account_and_the_services_of_its_own_account(platform):
    for key in platform.of_type("AWS::KMS::Key"):
        for statement in key.properties["KeyPolicy"]["Statement"]:
            principal = statement["Principal"]
            if "Service" in principal:
                assert statement["Condition"], key.path
            else:
                assert platform.named(principal["AWS"], stack=key.stack).endswith(":root")


def test_no_policy_of_a_resource_allows_everybody(platform):
    for kind in ("AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy"):
        for policy in platform.of_type(kind):
            for statement in policy.properties["PolicyDocument"]["Statement"]:
                if statement["Effect"] == "Allow":
                    assert statement["Principal"] not in ("*", {"AWS": "*"}), policy.path


def test_alarms_of_this_account_may_publish_to_the_alarm_topic(platform):
    [policy] = platform.of_type("AWS::SNS::TopicPolicy")
    [allowed] = [
        statement
        for statement in policy.properties["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]

    assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
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
