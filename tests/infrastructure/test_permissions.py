"""Who may do what: each role has what its work takes, and nothing is allowed to everybody."""

import pytest

from tests.infrastructure import delivery, models, operations, privacy, recovery, telemetry

TASK_ROLES = {f"ApiStack/{name}/Task/Resource/TaskRole" for name in ("Similarity", "Prediction")}
EXPERIMENTS_TASK = "ApiStack/Experiments/Task/Resource/TaskRole"
EXPERIMENTS_EXECUTION = "ApiStack/Experiments/Task/Resource/ExecutionRole"
EXECUTION_ROLES = {
    role.replace("TaskRole", "ExecutionRole") for role in {*TASK_ROLES, EXPERIMENTS_TASK}
}
SHIFTING_ROLES = {
    f"RoutingStack/{name}/ShiftingRole" for name in ("Similarity", "Prediction", "Experiments")
}


def function_roles(*names):
    return {f"LambdaStack/{name}/Role" for name in names}


EVALUATORS = function_roles("Assign", "EvaluateFlag")
CONSUMERS = function_roles("ProcessEvents", "IndexEvents")
DECIDERS = function_roles("AggregateMetrics", "SelectWinner")
DAILY = {f"LambdaStack/{name}Daily/Role" for name in ("AggregateMetrics", "SelectWinner")}
DELIVERY = "StreamingStack/Archive/DeliveryRole"
INDEXER = function_roles("IndexEvents")

# What has no resource-level permission in IAM, and who needs it none the less.
EVERYWHERE = {
    "ecr:GetAuthorizationToken": EXECUTION_ROLES,
    "elasticloadbalancing:DescribeListeners": SHIFTING_ROLES,
    "elasticloadbalancing:DescribeRules": SHIFTING_ROLES,
    "elasticloadbalancing:DescribeTargetGroups": SHIFTING_ROLES,
    "elasticloadbalancing:DescribeTargetHealth": SHIFTING_ROLES,
    "ec2:AssignPrivateIpAddresses": INDEXER,
    "ec2:CreateNetworkInterface": INDEXER,
    "ec2:DeleteNetworkInterface": INDEXER,
    "ec2:DescribeNetworkInterfaces": INDEXER,
    "ec2:DescribeSubnets": INDEXER,
    "ec2:UnassignPrivateIpAddresses": INDEXER,
    "xray:PutTelemetryRecords": EVALUATORS | CONSUMERS | DECIDERS,
    "xray:PutTraceSegments": EVALUATORS | CONSUMERS | DECIDERS,
}
MANAGED_POLICIES = {
    # What a backup of each service takes, which AWS changes with them.
    "BackupStack/Plan/Role": "service-role/AWSBackupServiceRolePolicyForBackup",
    # Config's own, for reading every type of resource there is.
    "AccountStack/Configuration/Role": "service-role/AWS_ConfigRole",
    # API Gateway's own, for the account's one role for logs.
    "ApiStack/Api/Resource/CloudWatchRole": "service-role/AmazonAPIGatewayPushToCloudWatchLogs",
    # RDS's own, for the operating system's figures.
    "DataStack/Database/Resource/MonitoringRole": "service-role/AmazonRDSEnhancedMonitoringRole",
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
        ("kinesis:PutRecord", "StreamingStack/Events"),
        ("kinesis:PutRecords", "StreamingStack/Events"),
        ("secretsmanager:GetSecretValue", "DataStack/Pseudonyms"),
        ("kms:Decrypt", "DataStack/DataKey"),
        ("kms:DescribeKey", "DataStack/DataKey"),
        ("kms:Encrypt", "DataStack/DataKey"),
        ("kms:GenerateDataKey", "DataStack/DataKey"),
        ("kms:ReEncryptFrom", "DataStack/DataKey"),
        ("kms:ReEncryptTo", "DataStack/DataKey"),
        *telemetry.TRACING,
    }


def test_the_experiments_service_may_do_exactly_what_managing_and_tracking_take(platform):
    allowed = {
        (permission.action, permission.resource)
        for permission in platform.permissions
        if permission.role == EXPERIMENTS_TASK and not permission.action.startswith("kms:")
    }

    assert allowed == {
        *telemetry.TRACING,
        ("dynamodb:Query", "DataStack/CounterTables/Counters"),
        ("kinesis:PutRecord", "StreamingStack/Events"),
        ("kinesis:PutRecords", "StreamingStack/Events"),
        ("secretsmanager:GetSecretValue", "DataStack/Pseudonyms"),
        ("s3:GetObject", "DataStack/DefinitionsBucket/definitions/current.json"),
        ("s3:GetObject", "DataStack/DefinitionsBucket/definitions/source.json"),
        ("s3:ListBucket", "DataStack/DefinitionsBucket"),
        ("s3:PutObject", "DataStack/DefinitionsBucket/definitions/current.json"),
        ("s3:PutObject", "DataStack/DefinitionsBucket/definitions/source.json"),
        # What the snapshot was made of, for a start without the database.
        ("s3:GetObject", "DataStack/DefinitionsBucket/definitions/source.json"),
        ("s3:PutObject", "DataStack/DefinitionsBucket/definitions/source.json"),
    }


def test_counting_is_allowed_what_one_transaction_takes_and_nothing_of_what_is_defined(platform):
    [role] = function_roles("ProcessEvents")
    allowed = {
        (permission.action, permission.resource)
        for permission in platform.permissions
        if permission.role == role and permission.action.partition(":")[0] in ("dynamodb", "s3")
    }

    assert allowed == {
        ("dynamodb:UpdateItem", "DataStack/CounterTables/Counters"),
        ("dynamodb:BatchGetItem", "DataStack/CounterTables/Ledger"),
        ("dynamodb:PutItem", "DataStack/CounterTables/Ledger"),
    }


@pytest.mark.parametrize("table", ["Counters", "Ledger"])
def test_only_counting_writes_what_is_counted(platform, table):
    reads = {"dynamodb:BatchGetItem", "dynamodb:Query"}
    writers = {
        permission.role
        for permission in platform.permissions
        if permission.resource == f"DataStack/CounterTables/{table}"
        and permission.action not in reads
    }

    # A unit that is forgotten is the one exception.
    assert writers - {privacy.FORGETS} == function_roles("ProcessEvents")


@pytest.mark.parametrize(
    ("action", "resource", "roles"),
    [
        pytest.param(
            "dynamodb:Query",
            "DataStack/CounterTables/Counters",
            {EXPERIMENTS_TASK, operations.EXPERIMENTS_REPORTER},
            id="counters are read: results",
        ),
        pytest.param(
            "s3:GetObject",
            "DataStack/DefinitionsBucket/definitions/current.json",
            {EXPERIMENTS_TASK, *EVALUATORS},
            id="definitions are read: who evaluates",
        ),
        pytest.param(
            "s3:PutObject",
            "DataStack/DefinitionsBucket/definitions/current.json",
            {EXPERIMENTS_TASK},
            id="definitions are written: the service alone",
        ),
        pytest.param(
            "kinesis:PutRecords",
            "StreamingStack/Events",
            {EXPERIMENTS_TASK, *TASK_ROLES, *function_roles("Assign")},
            id="events are put: answers, tracking and assignment",
        ),
        pytest.param(
            "kinesis:GetRecords",
            "StreamingStack/Events",
            {DELIVERY, *CONSUMERS},
            id="events are read: counting, indexing, archiving",
        ),
        pytest.param(
            "s3:PutObject",
            "StreamingStack/Archive/Bucket/events/*",
            {DELIVERY, privacy.FORGETS},
            id="the archive is written: by delivery, and anew without whom it forgets",
        ),
        pytest.param(
            "dynamodb:PutItem",
            "DataStack/Tables/Metrics",
            function_roles("AggregateMetrics"),
            id="days are written: aggregation, which writes nothing else",
        ),
        pytest.param(
            "es:ESHttpPost",
            "StreamingStack/Search/_bulk",
            INDEXER,
            id="the index is written: the indexer alone",
        ),
        pytest.param(
            "sqs:SendMessage",
            "StreamingStack/Uncounted",
            function_roles("ProcessEvents"),
            id="uncounted events: counting puts them aside",
        ),
        pytest.param(
            "sqs:SendMessage",
            "StreamingStack/Unindexed",
            INDEXER,
            id="unindexed events: indexing puts them aside",
        ),
        pytest.param(
            "sqs:SendMessage",
            "StreamingStack/Unscheduled",
            DAILY | DECIDERS | models.UNSCHEDULED | operations.UNSCHEDULED,
            id="failed runs: schedules, and Lambda in the functions' name",
        ),
        pytest.param(
            "lambda:InvokeFunction",
            "LambdaStack/SelectWinner",
            {"LambdaStack/SelectWinnerDaily/Role"},
            id="a winner is selected: by its schedule",
        ),
        pytest.param(
            "sns:Publish",
            "LambdaStack/Winners",
            function_roles("SelectWinner"),
            id="a winner is announced: by whom selects it",
        ),
        pytest.param(
            "dynamodb:UpdateItem", "DataStack/Tables/Metrics", TASK_ROLES, id="counts: both tasks"
        ),
        pytest.param(
            "dynamodb:PutItem",
            "DataStack/Tables/Experiments",
            models.retraining("StartExperiment", "FollowExperiment"),
            id="experiments are made: by retraining, and by no task",
        ),
        pytest.param(
            "dynamodb:UpdateItem",
            "DataStack/Tables/Experiments",
            {
                *function_roles("SelectWinner"),
                *models.retraining("StartExperiment", "FollowExperiment"),
            },
            id="weights, by update: who shifts traffic to a winner",
        ),
        pytest.param(
            "s3:PutObject",
            "DataStack/EmbeddingsBucket/embeddings/*",
            models.retraining("ApproveModel"),
            id="models: who approves them, and no task",
        ),
        pytest.param(
            "elasticloadbalancing:ModifyRule",
            "RoutingStack/Similarity/Rule",
            {"RoutingStack/Similarity/ShiftingRole"},
            id="a service's traffic: that service's deployments",
        ),
    ],
)
def test_only_these_roles_may(platform, action, resource, roles):
    there = {each.path for each in platform.of_type("AWS::IAM::Role")}

    assert platform.who_may(action, resource) == roles & there


def test_nothing_is_allowed_everywhere_but_what_iam_cannot_limit(environment, platform):
    found: dict[str, set[str]] = {}
    for permission in platform.permissions:
        if permission.resource == "*":
            found.setdefault(permission.action, set()).add(permission.role)

    ours = (
        delivery.everywhere(environment),
        operations.everywhere(environment),
        recovery.everywhere(environment),
        telemetry.everywhere(environment),
    )
    known = (EVERYWHERE, models.EVERYWHERE, privacy.EVERYWHERE, *ours)
    assert found == {
        action: set().union(*(each.get(action, set()) for each in known))
        for action in set().union(*known)
    }


def test_no_action_is_a_wildcard(platform):
    found = {(each.role, each.action) for each in platform.permissions if "*" in each.action}

    # The library's own grant of a key, for the role by which S3 replicates a bucket.
    assert {each for each in found if not each[0].endswith("/ReplicationRole")} == set()
    assert {action for _, action in found} <= {"kms:GenerateDataKey*", "kms:ReEncrypt*"}


def test_aws_managed_policies_are_those_that_aws_asks_for(platform):
    attached = {
        role.path: platform.named(policy, stack=role.stack).partition(":policy/")[2]
        for role in platform.of_type("AWS::IAM::Role")
        for policy in role.properties.get("ManagedPolicyArns", [])
    }

    assert attached == {
        role: policy
        for role, policy in MANAGED_POLICIES.items()
        if role.partition("/")[0] in platform.templates
    }
