"""What survives the loss of a region: where it is, under which key, and what serves from it."""

import pytest

from stacks.recovery import STANDBY
from tests.infrastructure.synthesized import ENVIRONMENTS, every_string

RECOVERING = ("staging", "prod")
# Made again where it is needed: access logs, and what the edge, the pipeline and guards keep.
NOT_REPLICATED = {"DataStack/LogsBucket"}
SERVICES = ("Similarity", "Prediction", "Experiments")
# Of the second region's own cache, which is empty until it serves.
OWN_SECRETS = {"DataStack/Cache/Password"}


@pytest.fixture
def prod(platforms):
    return platforms["prod"]


@pytest.fixture
def standby(prod):
    return prod.elsewhere


def region_of(artifact):
    return artifact["environment"].rpartition("/")[2]


def test_environments_that_promise_to_recover_say_where(platforms):
    assert {name for name in ENVIRONMENTS if platforms[name].elsewhere.templates} == {*RECOVERING}


def test_the_second_region_is_another_one(environment, platform):
    regions = {region_of(each) for each in platform.elsewhere.stack_artifacts.values()}

    assert regions == ({environment.recovery.region} if environment.recovery.region else set())


def test_each_stack_that_serves_is_in_both_regions(prod, standby):
    serving = {"NetworkStack", "DataStack", "FirewallStack", "StreamingStack", "LambdaStack"}
    serving |= {"RoutingStack", "ApiStack", "PrivacyStack"}

    assert serving < prod.templates.keys()
    assert {f"{STANDBY}{name}" for name in serving} < standby.templates.keys()


@pytest.mark.parametrize("name", RECOVERING)
def test_what_is_written_to_a_bucket_goes_to_the_second_region_and_deletions_do_not(
    platforms, name
):
    platform = platforms[name]
    buckets = [
        each
        for each in platform.of_type("AWS::S3::Bucket")
        if each.stack in {"DataStack", "StreamingStack"}
    ]
    for bucket in buckets:
        if bucket.path in NOT_REPLICATED:
            continue
        [rule] = bucket.properties["ReplicationConfiguration"]["Rules"]
        to = rule["Destination"]
        key = to["EncryptionConfiguration"]["ReplicaKmsKeyID"]
        assert rule["Status"] == "Enabled"
        assert rule["DeleteMarkerReplication"] == {"Status": "Disabled"}
        assert platform.named(to["Bucket"], stack=bucket.stack).startswith("RecoveryStack/")
        assert platform.named(key, stack=bucket.stack) == "RecoveryStack/DataKey"
        assert to["ReplicationTime"]["Time"] == {"Minutes": 15}


def test_only_s3_writes_to_replicas_and_only_what_it_replicates(prod):
    writers = {
        permission.role
        for permission in prod.permissions
        if permission.action == "s3:ReplicateObject"
    }

    assert {writer.rpartition("/")[2] for writer in writers} == {"ReplicationRole"}
    assert len(writers) == 4


def test_replicas_are_private_versioned_and_under_the_key_of_their_region(standby):
    for bucket in standby.of_type("AWS::S3::Bucket", stack="RecoveryStack"):
        given = bucket.properties
        assert all(given["PublicAccessBlockConfiguration"].values())
        assert given["VersioningConfiguration"] == {"Status": "Enabled"}
        if not bucket.path.endswith("LogsBucket"):
            [rule] = given["BucketEncryption"]["ServerSideEncryptionConfiguration"]
            key = rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"]
            assert standby.named(key, stack="RecoveryStack") == "RecoveryStack/DataKey"


def test_tables_are_written_in_both_regions_under_each_ones_key(prod):
    for table in prod.of_type("AWS::DynamoDB::GlobalTable"):
        replicas = {each["Region"]: each for each in table.properties["Replicas"]}
        there = replicas["us-west-2"]
        key = there["SSESpecification"]["KMSMasterKeyId"]
        assert replicas.keys() == {"us-east-1", "us-west-2"}
        assert prod.named(key, stack="DataStack") == "RecoveryStack/DataKey"
        assert there["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert there["DeletionProtectionEnabled"] is True


def test_the_database_of_the_second_region_follows_and_brings_no_password_of_its_own(standby):
    [cluster] = standby.of_type("AWS::RDS::DBCluster")
    given = cluster.properties
    followed = standby.named(given["GlobalClusterIdentifier"], stack=cluster.stack)

    assert followed == "DataStack/Database/Global"
    assert not given.keys() & {"MasterUsername", "MasterUserPassword", "DatabaseName"}
    assert standby.named(given["KmsKeyId"], stack=cluster.stack) == "RecoveryStack/DataKey"
    assert given["StorageEncrypted"] is True


def test_what_is_followed_is_the_database_of_the_first_region(prod):
    everywhere = prod.at("DataStack/Database/Global").properties

    source = everywhere["SourceDBClusterIdentifier"]
    assert "DataStack/Database" in prod.named(source, stack="DataStack")
    assert everywhere["DeletionProtection"] is True


def test_secrets_that_services_share_are_in_both_regions(prod):
    for secret in prod.of_type("AWS::SecretsManager::Secret", stack="DataStack"):
        regions = {each["Region"] for each in secret.properties.get("ReplicaRegions", [])}
        assert regions == (set() if secret.path in OWN_SECRETS else {"us-west-2"}), secret.path


@pytest.mark.parametrize("service", SERVICES)
def test_services_of_the_second_region_read_secrets_there(standby, service):
    task = standby.at(f"{STANDBY}ApiStack/{service}/Task")
    read = [
        secret["ValueFrom"]
        for container in task.properties["ContainerDefinitions"]
        for secret in container.get("Secrets", [])
    ]

    assert read
    for value in read:
        text = "".join(every_string(value))
        # The first region's stack says where the replica of its secret is.
        assert "Elsewhere" in text or f"{STANDBY}DataStack" in text


def test_services_of_the_second_region_use_its_stream_and_the_same_tables(standby):
    task = standby.at(f"{STANDBY}ApiStack/Similarity/Task").properties
    container = next(
        each for each in task["ContainerDefinitions"] if each["Name"] == "similarity_service"
    )
    stack = f"{STANDBY}ApiStack"
    settings = {
        each["Name"]: standby.named(each["Value"], stack=stack)
        for each in container["Environment"]
        if each["Name"] in {"KINESIS_STREAM_NAME", "EMBEDDINGS_BUCKET", "EXPERIMENTS_TABLE"}
    }

    assert settings == {
        "KINESIS_STREAM_NAME": f"{STANDBY}StreamingStack/Events",
        "EMBEDDINGS_BUCKET": "RecoveryStack/EmbeddingsBucket",
        "EXPERIMENTS_TABLE": "DataStack/Tables/Experiments",
    }


@pytest.mark.parametrize("service", SERVICES)
def test_a_pilot_light_keeps_one_task_of_each_service_and_may_grow_as_the_first_region(
    prod, standby, service
):
    path = f"ApiStack/{service}/Service/Resource/TaskCount/Target"
    first, second = prod.at(path).properties, standby.at(f"{STANDBY}{path}").properties

    assert second["MinCapacity"] == 1
    assert second["MaxCapacity"] == first["MaxCapacity"]


def test_the_daily_decisions_are_taken_in_one_region(prod, standby):
    def functions(platform):
        return {each.path.split("/")[1] for each in platform.of_type("AWS::Lambda::Function")}

    assert {"ProcessEvents", "SelectWinner"} < functions(prod)
    assert "ProcessEvents" in functions(standby)
    assert "SelectWinner" not in functions(standby)


@pytest.mark.parametrize("name", RECOVERING)
def test_backups_are_of_all_that_cannot_be_made_again_and_lie_in_both_regions(platforms, name):
    platform = platforms[name]
    [plan] = platform.of_type("AWS::Backup::BackupPlan")
    [rule] = plan.properties["BackupPlan"]["BackupPlanRule"]
    [selection] = platform.of_type("AWS::Backup::BackupSelection")
    chosen = " ".join(
        text
        for arn in selection.properties["BackupSelection"]["Resources"]
        for text in every_string(arn)
    )
    [copy] = rule["CopyActions"]

    tables = platform.of_type("AWS::DynamoDB::GlobalTable")
    kept = [each for each in tables if not each.path.endswith("RequestLog")]
    assert len(kept) == len(tables) - 1
    assert all(each.logical_id in chosen for each in kept)
    [cluster] = platform.of_type("AWS::RDS::DBCluster")
    assert cluster.logical_id in chosen
    to = platform.named(copy["DestinationBackupVaultArn"], stack="BackupStack")
    assert to == "RecoveryStack/Vault"
    assert rule["Lifecycle"] == copy["Lifecycle"] == {"DeleteAfterDays": 35}


@pytest.mark.parametrize("name", RECOVERING)
def test_nobody_deletes_a_backup_before_its_time_and_in_production_nobody_unlocks(platforms, name):
    for platform in (platforms[name], platforms[name].elsewhere):
        [vault] = platform.of_type("AWS::Backup::BackupVault")
        lock = vault.properties["LockConfiguration"]
        assert lock["MinRetentionDays"] == 7
        assert lock["MaxRetentionDays"] == 365
        assert lock.get("ChangeableForDays") == (3 if name == "prod" else None)


def test_that_the_second_region_falls_behind_is_told_before_it_is_needed(prod, standby):
    minutes = 5
    tables = prod.of_type("AWS::CloudWatch::Alarm", stack="BackupStack")
    watch = f"{STANDBY}WatchStack"
    [database] = [each for each in standby.resources if each.path == f"{watch}/Database"]
    lags = [each for each in standby.of_type("AWS::CloudWatch::Alarm") if each.stack == watch]
    copied = [
        each
        for each in prod.of_type("AWS::S3::Bucket")
        if "ReplicationConfiguration" in each.properties
    ]

    assert {each.properties["Threshold"] for each in tables} == {minutes * 60_000}
    assert database.properties["Threshold"] == minutes * 60_000
    # Nothing measured is nothing replicated.
    assert database.properties["TreatMissingData"] == "breaching"
    measured = [each.properties["MetricName"] for each in lags]
    assert {*measured} == {"AuroraGlobalDBRPOLag", "FailoverDeclared", "ReplicationLatency"}
    assert measured.count("ReplicationLatency") == len(copied)


def test_a_declared_failover_stays_declared_until_somebody_withdraws_it(standby):
    alarm = standby.at(f"{STANDBY}WatchStack/Declared").properties

    assert alarm["TreatMissingData"] == "ignore"
    [action] = alarm["AlarmActions"]
    topic = standby.named(action, stack=f"{STANDBY}WatchStack")
    assert topic == f"{STANDBY}NetworkStack/Alarms/Critical"


def test_each_experiment_that_breaks_something_stops_where_users_notice(platforms):
    staging = platforms["staging"]
    experiments = staging.of_type("AWS::FIS::ExperimentTemplate")
    broken = {each.path.rpartition("/")[2] for each in experiments}

    assert broken == {"FailOverDatabase", *(f"Stop{name}Tasks" for name in SERVICES)}
    for experiment in experiments:
        stops = experiment.properties["StopConditions"]
        watched = {staging.named(each["Value"], stack="FaultStack") for each in stops}
        assert {each["Source"] for each in stops} == {"aws:cloudwatch:alarm"}
        assert {each.split("/")[1] for each in watched} == set(SERVICES)


def test_nothing_is_broken_on_purpose_where_the_environment_does_not_say_so(platforms):
    assert "FaultStack" not in platforms["prod"].templates
