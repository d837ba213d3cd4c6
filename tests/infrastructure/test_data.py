"""What is kept, for how long, under which key, and behind what protection."""

import pytest

from stacks.recovery import STANDBY
from tests.infrastructure.synthesized import STATEFUL_STACKS

STATEFUL = {
    "AWS::APS::Workspace",
    "AWS::Backup::BackupVault",
    "AWS::Cognito::UserPool",
    "AWS::DynamoDB::GlobalTable",
    "AWS::ECR::Repository",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::KMS::Key",
    "AWS::Kinesis::Stream",
    "AWS::Logs::LogGroup",
    "AWS::OpenSearchService::Domain",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::S3::Bucket",
    "AWS::SageMaker::FeatureGroup",
    "AWS::SageMaker::ModelPackageGroup",
    "AWS::SecretsManager::Secret",
}
# Letters are kept for 14 days whatever becomes of their queue.
STAYS_WITH_ITS_STACK = {"AWS::SQS::Queue"}
# A log group and its key live beside what writes the log; losing one loses no state.
ONLY_IN_STATEFUL_STACKS = (STATEFUL | STAYS_WITH_ITS_STACK) - {
    "AWS::KMS::Key",
    "AWS::Logs::LogGroup",
}
# One in the platform's region, one where CloudFront's are.
LOGS_BUCKETS = {"DataStack/LogsBucket", "EdgeStack/Logs"}
# Beside the topics whose notices it keeps, which every stack writes to.
UNDELIVERED = "NetworkStack/Alarms/Undelivered"
# The account's records and what a pipeline builds are under keys of their own.
LOG_KEYS = {"NetworkStack/TelemetryKey", "AccountStack/RecordsKey", "PipelineStack/Key"}
PUBLIC_PAGES = "EdgeStack/Console/Bucket"


@pytest.fixture
def stateful(platform):
    return [resource for resource in platform.resources if resource.type in STATEFUL]


def buckets(platform):
    return {
        bucket.path.partition("/")[2]: bucket.properties
        for bucket in platform.of_type("AWS::S3::Bucket")
    }


def test_state_lives_in_stateful_stacks_alone(platform):
    outside = [
        resource.path
        for resource in platform.resources
        if resource.type in ONLY_IN_STATEFUL_STACKS and resource.stack not in STATEFUL_STACKS
    ]

    assert outside == [UNDELIVERED]


@pytest.mark.parametrize("name", ["prod", "extreme"])
def test_no_stack_with_state_can_be_deleted_in_either_region(platforms, extreme, name):
    """Found by what it holds, so that a stack that is new cannot be forgotten."""
    first = {**platforms, "extreme": extreme}[name]
    for region in (first, first.elsewhere):
        deletable = {
            resource.path.removeprefix(STANDBY)
            for resource in region.resources
            if resource.type in ONLY_IN_STATEFUL_STACKS
            and not region.stack_artifacts[resource.stack]["properties"].get(
                "terminationProtection"
            )
        }
        assert deletable == {UNDELIVERED}


def test_data_outlives_its_stack_in_production_and_goes_with_it_elsewhere(environment, stateful):
    wanted = "Retain" if environment.production else "Delete"

    for resource in stateful:
        assert resource.body["DeletionPolicy"] == wanted, resource.path
        assert resource.body["UpdateReplacePolicy"] == wanted, resource.path


def test_stateful_stacks_cannot_be_deleted_in_production(environment, platform):
    protected = {
        name
        for name, artifact in platform.stack_artifacts.items()
        if artifact["properties"].get("terminationProtection")
    }

    stateful = STATEFUL_STACKS & set(platform.stack_artifacts)
    assert protected == (stateful if environment.production else set())


def test_tables_cannot_be_deleted_in_production_and_can_be_restored_everywhere(
    environment, platform
):
    for table in platform.of_type("AWS::DynamoDB::GlobalTable"):
        for replica in table.properties["Replicas"]:
            assert replica.get("DeletionProtectionEnabled", False) == environment.production
            restore = replica["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
            assert restore is True


def test_a_table_that_becomes_provisioned_starts_from_its_tiers_least(platforms):
    for table in platforms["prod"].of_type("AWS::DynamoDB::GlobalTable"):
        settings = table.properties["WriteProvisionedThroughputSettings"]
        scaling = settings["WriteCapacityAutoScalingSettings"]
        assert scaling["SeedCapacity"] == scaling["MinCapacity"] == 25


def test_the_load_balancer_cannot_be_deleted_in_production(environment, platform):
    [balancer] = platform.of_type("AWS::ElasticLoadBalancingV2::LoadBalancer")
    attributes = {
        each["Key"]: each["Value"] for each in balancer.properties["LoadBalancerAttributes"]
    }

    assert attributes["deletion_protection.enabled"] == str(environment.production).lower()


def test_tables_have_the_keys_and_the_expiry_that_services_write(platform):
    shapes = {
        table.path.rpartition("/")[2]: (
            [each["AttributeName"] for each in table.properties["KeySchema"]],
            table.properties.get("TimeToLiveSpecification", {}).get("AttributeName"),
        )
        for table in platform.of_type("AWS::DynamoDB::GlobalTable")
    }

    assert shapes == {
        "Counters": (["experiment_id", "variation_metric"], None),
        "Deployments": (["deployment_id"], "expires_at"),
        "Endpoints": (["endpoint"], None),
        "Experiments": (["experiment_id"], None),
        "Ledger": (["id"], "expires_at"),
        "Metrics": (["experiment_id", "timestamp"], None),
        "RequestLog": (["record_id"], "expires_at"),
        "Runs": (["record_id"], "expires_at"),
    }


def test_tables_are_billed_as_the_tier_says(environment, platform):
    modes = {
        table.properties["BillingMode"] for table in platform.of_type("AWS::DynamoDB::GlobalTable")
    }

    provisioned = environment.sizes.tables.billing == "provisioned"
    assert modes == {"PROVISIONED" if provisioned else "PAY_PER_REQUEST"}


def test_everything_is_encrypted_with_a_key_of_ours_but_what_aws_delivers_and_everybody_reads(
    platform,
):
    of_aws = set()
    for bucket in platform.of_type("AWS::S3::Bucket"):
        [rule] = bucket.properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        algorithm = rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"]
        assert algorithm in ("AES256", "aws:kms"), bucket.path
        of_aws |= {bucket.path} if algorithm == "AES256" else set()
    assert of_aws == LOGS_BUCKETS | {PUBLIC_PAGES}

    for table in platform.of_type("AWS::DynamoDB::GlobalTable"):
        keys = {
            each["Region"]: platform.named(
                each["SSESpecification"]["KMSMasterKeyId"], stack=table.stack
            )
            for each in table.properties["Replicas"]
        }
        assert keys.pop("us-east-1") == "DataStack/DataKey"
        assert set(keys.values()) <= {"RecoveryStack/DataKey"}
    for secret in platform.of_type("AWS::SecretsManager::Secret"):
        key = platform.named(secret.properties["KmsKeyId"], stack=secret.stack)
        assert key == "DataStack/DataKey"
    for log_group in platform.of_type("AWS::Logs::LogGroup"):
        key = platform.named(log_group.properties["KmsKeyId"], stack=log_group.stack)
        assert key in LOG_KEYS


def test_keys_are_rotated(platform):
    for key in platform.of_type("AWS::KMS::Key"):
        assert key.properties["EnableKeyRotation"] is True


def test_buckets_are_private_versioned_and_tls_only(platform):
    for name, properties in buckets(platform).items():
        assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}, name
        assert properties["VersioningConfiguration"] == {"Status": "Enabled"}, name
    for policy in platform.of_type("AWS::S3::BucketPolicy"):
        denied = [
            statement["Condition"]
            for statement in policy.properties["PolicyDocument"]["Statement"]
            if statement["Effect"] == "Deny" and statement["Principal"] == {"AWS": "*"}
        ]
        assert {"Bool": {"aws:SecureTransport": "false"}} in denied, policy.path
        assert {"NumericLessThan": {"s3:TlsVersion": 1.2}} in denied, policy.path


def test_reads_and_writes_of_buckets_are_logged(platform):
    logged = {
        bucket.path: platform.named(
            bucket.properties["LoggingConfiguration"]["DestinationBucketName"], stack=bucket.stack
        )
        for bucket in platform.of_type("AWS::S3::Bucket")
        if bucket.path not in LOGS_BUCKETS
    }

    assert logged.pop(PUBLIC_PAGES) == "EdgeStack/Logs"
    assert set(logged.values()) == {"DataStack/LogsBucket"}


def transitions(rules):
    return {
        (each["StorageClass"], each["TransitionInDays"])
        for rule in rules
        for each in rule.get("Transitions", [])
    }


def test_a_published_embedding_never_moves_to_where_a_task_could_not_read_it_at_once(platform):
    rules = buckets(platform)["EmbeddingsBucket"]["LifecycleConfiguration"]["Rules"]

    assert transitions(rules) == {("GLACIER_IR", 90)}
    assert not any("ExpirationInDays" in rule for rule in rules)


def test_replaced_embeddings_go_to_glacier_after_90_days_and_end_a_year_later(platform):
    rules = buckets(platform)["EmbeddingsBucket"]["LifecycleConfiguration"]["Rules"]
    [replaced] = [rule for rule in rules if "NoncurrentVersionTransitions" in rule]

    assert replaced["NoncurrentVersionTransitions"] == [
        {"StorageClass": "GLACIER", "TransitionInDays": 90}
    ]
    assert replaced["NoncurrentVersionExpiration"] == {"NoncurrentDays": 455}


def test_logs_go_to_deep_archive_after_180_days(platform):
    rules = buckets(platform)["LogsBucket"]["LifecycleConfiguration"]["Rules"]

    assert transitions(rules) == {("DEEP_ARCHIVE", 180)}


def test_training_data_is_deleted_after_a_year_and_tiered_where_the_tier_says(
    environment, platform
):
    """An endpoint that grows fetches its model, however old: models stay."""
    rules = buckets(platform)["TrainingBucket"]["LifecycleConfiguration"]["Rules"]
    tiered = environment.sizes.intelligent_tiering
    ends = {rule.get("Prefix"): rule.get("ExpirationInDays") for rule in rules}

    assert ends == {None: None, "batch/": 365, "data-capture/": 365, "retraining/": 365}
    assert transitions(rules) == ({("INTELLIGENT_TIERING", 0)} if tiered else set())


def test_log_groups_end_when_the_environment_says(environment, platform):
    kept = {
        group.properties["RetentionInDays"] for group in platform.of_type("AWS::Logs::LogGroup")
    }

    assert kept == {environment.retention.log_days}


def test_the_cache_takes_tls_and_a_password_and_its_default_user_is_off(platform):
    [cache] = platform.of_type("AWS::ElastiCache::ReplicationGroup")
    users = {
        user.properties["UserName"]: user.properties
        for user in platform.of_type("AWS::ElastiCache::User")
    }

    assert cache.properties["Engine"] == "valkey"
    assert cache.properties["TransitEncryptionMode"] == "required"
    assert cache.properties["AtRestEncryptionEnabled"] is True
    assert platform.named(cache.properties["KmsKeyId"], stack="DataStack") == "DataStack/DataKey"
    assert users["default"]["AccessString"] == "off -@all"
    assert "-@dangerous" in users["kindred"]["AccessString"]
    assert {user["AuthenticationMode"]["Type"] for user in users.values()} == {"password"}


def test_the_cache_survives_a_zone_where_the_tier_has_replicas(environment, platform):
    [cache] = platform.of_type("AWS::ElastiCache::ReplicationGroup")
    sizes = environment.sizes.cache

    assert cache.properties["NumNodeGroups"] == sizes.shards
    assert cache.properties["ReplicasPerNodeGroup"] == sizes.replicas_per_shard
    assert cache.properties["MultiAZEnabled"] == (sizes.replicas_per_shard > 0)
    assert cache.properties["SnapshotRetentionLimit"] == sizes.snapshot_days


def test_definitions_that_were_replaced_stay_for_a_month(platform):
    [rule] = buckets(platform)["DefinitionsBucket"]["LifecycleConfiguration"]["Rules"]

    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert "ExpirationInDays" not in rule
