"""Aurora PostgreSQL that grows and shrinks by itself: one writer, readers, TLS only."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_rds as rds
from constructs import Construct

from kindred_constructs.database_replication import follow, followed
from kindred_constructs.database_secrets import ADMINISTRATOR, DatabaseSecrets
from kindred_constructs.second_region import SecondRegion

DATABASE = "kindred"
# Not 5432: scanners look there first.
PORT = 5433

_ENGINE = rds.DatabaseClusterEngine.aurora_postgres(
    version=rds.AuroraPostgresEngineVersion.VER_17_9
)
_PARAMETERS = {
    "rds.force_ssl": "1",
    # A statement that takes seconds is written down; what it was given is not.
    "log_min_duration_statement": "2000",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseNodes:
    """Bounds in Aurora capacity units, of about 2 GiB each."""

    min_acu: float
    max_acu: float
    readers: int
    backup_days: int


class RelationalDatabase(Construct):
    """The first reader is as large as the writer, so that it can take over at once."""

    database = DATABASE

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc: ec2.IVpc,
        key: kms.IKey,
        log_key: kms.IKey,
        name: str,
        nodes: DatabaseNodes,
        deletion_protection: bool,
        removal_policy: cdk.RemovalPolicy,
        second: SecondRegion | None = None,
        first: RelationalDatabase | None = None,
    ) -> None:
        """With `second` it is followed there, by a database that is given it as its `first`."""
        super().__init__(scope, construct_id)
        self._security_group = self._closed_group(vpc)
        self.secrets: DatabaseSecrets = DatabaseSecrets(
            self,
            key=key,
            removal_policy=removal_policy,
            second=second,
            first=first.secrets if first else None,
        )
        log_group = self._log_group(name, log_key)
        self._cluster = rds.DatabaseCluster(
            self,
            "Resource",
            engine=_ENGINE,
            cluster_identifier=name,
            default_database_name=DATABASE,
            credentials=self._administrator(follows=first is not None),
            writer=_instance("Writer"),
            readers=[_instance(f"Reader{at}", follows=at == 1) for at in _numbers(nodes.readers)],
            serverless_v2_min_capacity=nodes.min_acu,
            serverless_v2_max_capacity=nodes.max_acu,
            vpc=vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
            security_groups=[self._security_group],
            port=PORT,
            parameters=_PARAMETERS,
            iam_authentication=True,
            storage_encrypted=True,
            storage_encryption_key=key,
            backup=rds.BackupProps(retention=cdk.Duration.days(nodes.backup_days)),
            copy_tags_to_snapshot=True,
            monitoring_interval=cdk.Duration.seconds(60),
            cloudwatch_logs_exports=["postgresql"],
            deletion_protection=deletion_protection,
            removal_policy=removal_policy,
        )
        self._cluster.node.add_dependency(log_group)
        if second:
            self.everywhere = followed(
                self,
                "Global",
                self._cluster,
                deletion_protection=deletion_protection,
                removal_policy=removal_policy,
            )
        if first:
            follow(self._cluster, first.everywhere)

    def metric(self, name: str, statistic: str) -> cloudwatch.Metric:
        """Of the whole cluster, by CloudWatch's name."""
        return self._cluster.metric(name, statistic=statistic, period=cdk.Duration.minutes(5))

    @property
    def url(self) -> str:
        """Of the writer, without a user and without a password."""
        return _url(self._cluster.cluster_endpoint)

    @property
    def cluster_arn(self) -> str:
        return self._cluster.cluster_arn

    @property
    def cluster_identifier(self) -> str:
        return self._cluster.cluster_identifier

    @property
    def reader_url(self) -> str:
        return _url(self._cluster.cluster_read_endpoint)

    def admit(self, scope: Construct, client: ec2.IConnectable) -> None:
        """The rules belong to the client's `scope`, so that its stack needs this one alone."""
        [group] = client.connections.security_groups
        ec2.CfnSecurityGroupIngress(
            scope,
            "DatabaseIngress",
            description="Tasks",
            group_id=self._security_group.security_group_id,
            source_security_group_id=group.security_group_id,
            ip_protocol="tcp",
            from_port=PORT,
            to_port=PORT,
        )
        group.add_egress_rule(self._security_group, ec2.Port.tcp(PORT), "PostgreSQL")

    def _closed_group(self, vpc: ec2.IVpc) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=vpc,
            # And by rotations since; another description would be another group.
            description="PostgreSQL: entered by the experiments service alone",
            allow_all_outbound=False,
        )

    def _administrator(self, *, follows: bool) -> rds.Credentials:
        """The secret is told where the database is, but for a replica, which cannot be changed."""
        secret = self.secrets.administrator
        if follows:
            password = secret.secret_value_from_json("password")
            return rds.Credentials.from_username(ADMINISTRATOR, password=password)
        return rds.Credentials.from_secret(secret, ADMINISTRATOR)

    def _log_group(self, name: str, log_key: kms.IKey) -> logs.LogGroup:
        """RDS would create this group itself, kept for ever and without our key."""
        return logs.LogGroup(
            self,
            "Log",
            log_group_name=f"/aws/rds/cluster/{name}/postgresql",
            encryption_key=log_key,
        )


def _instance(construct_id: str, *, follows: bool | None = None) -> rds.IClusterInstance:
    return rds.ClusterInstance.serverless_v2(
        construct_id,
        scale_with_writer=follows,
        auto_minor_version_upgrade=True,
        publicly_accessible=False,
    )


def _numbers(readers: int) -> range:
    return range(1, readers + 1)


def _url(endpoint: rds.Endpoint) -> str:
    port = cdk.Token.as_string(endpoint.port)
    return f"postgresql://{endpoint.hostname}:{port}/{DATABASE}"
