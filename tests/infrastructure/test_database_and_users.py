"""The database, the people who may sign in, and the secrets that AWS makes."""

import pytest


@pytest.fixture
def cluster(platform):
    [found] = platform.of_type("AWS::RDS::DBCluster")
    return found.properties


def test_the_database_speaks_tls_only_and_is_encrypted(platform, cluster):
    [parameters] = platform.of_type("AWS::RDS::DBClusterParameterGroup")

    assert parameters.properties["Parameters"]["rds.force_ssl"] == "1"
    assert cluster["StorageEncrypted"] is True
    assert platform.named(cluster["KmsKeyId"], stack="DataStack") == "DataStack/DataKey"
    assert platform.at("DataStack/Database/Log").properties["LogGroupName"] == (
        f"/aws/rds/cluster/{cluster['DBClusterIdentifier']}/postgresql"
    )


def test_the_database_has_a_writer_readers_and_the_backups_of_its_tier(
    environment, platform, cluster
):
    sizes = environment.sizes.database
    instances = platform.of_type("AWS::RDS::DBInstance")
    scaling = cluster["ServerlessV2ScalingConfiguration"]

    assert cluster["BackupRetentionPeriod"] == sizes.backup_days
    assert (scaling["MinCapacity"], scaling["MaxCapacity"]) == (sizes.min_acu, sizes.max_acu)
    assert len(instances) == 1 + sizes.readers >= 2
    for instance in instances:
        assert instance.properties["PubliclyAccessible"] is False
    # A reader of the first two tiers of promotion is as large as the writer and can take over.
    assert sorted(each.properties["PromotionTier"] for each in instances)[:2] == [0, 1]


def test_the_database_cannot_be_deleted_in_production(environment, cluster):
    assert cluster.get("DeletionProtection", False) == environment.production


def test_there_is_a_group_for_each_role_and_the_mightiest_comes_first(platform):
    from experiments_service.identity.principal import ROLES

    groups = sorted(
        (each.properties["Precedence"], each.properties["GroupName"])
        for each in platform.of_type("AWS::Cognito::UserPoolGroup")
    )

    assert tuple(name for _, name in reversed(groups)) == tuple(ROLES)


def test_secrets_are_made_by_aws_and_are_long(platform):
    secrets = platform.of_type("AWS::SecretsManager::Secret")

    for secret in secrets:
        assert secret.properties["GenerateSecretString"]["PasswordLength"] >= 32, secret.path
    assert {secret.path for secret in secrets} == {
        "DataStack/Cache/Password",
        "DataStack/Database/Login",
        "DataStack/Database/Password",
        "DataStack/EdgeSecret/Default",
        "DataStack/Pseudonyms",
        "DataStack/Secrets/Audit",
        "DataStack/Secrets/ClientKey",
        "DataStack/Secrets/Session",
    }


def test_no_password_is_in_a_template(platform):
    [cluster] = platform.of_type("AWS::RDS::DBCluster")
    password = platform.named(cluster.properties["MasterUserPassword"], stack="DataStack")

    assert password.startswith("{{resolve:secretsmanager:DataStack/Database/Password:")
    for user in platform.of_type("AWS::ElastiCache::User"):
        [password] = user.properties["AuthenticationMode"]["Passwords"]
        assert "{{resolve:secretsmanager:" in platform.named(password, stack="DataStack")
