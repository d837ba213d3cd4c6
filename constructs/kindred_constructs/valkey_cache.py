"""ElastiCache for Valkey that only the application's own user may enter, over TLS."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticache as elasticache
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from kindred_constructs.login_secret import generated_login
from kindred_constructs.secret_rotation import grant_new_versions

USERNAME = "kindred"
# Not 6379: scanners look there first.
PORT = 6380
# Everything a client library needs for keys, expiry and counters; nothing that administers.
ACCESS = "on ~* &* +@all -@admin -@dangerous +info +cluster|slots +cluster|shards +cluster|nodes"

_PARAMETERS = {False: "default.valkey8", True: "default.valkey8.cluster.on"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheNodes:
    node_type: str
    shards: int
    replicas_per_shard: int
    snapshot_days: int


class ValkeyCache(Construct):
    """One shard without cluster mode, or several with it: `cluster_mode` tells clients which.

    The user named `default`, who needs no password by default, is replaced by one who is off.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc: ec2.IVpc,
        key: kms.IKey,
        name_prefix: str,
        nodes: CacheNodes,
        removal_policy: cdk.RemovalPolicy,
    ) -> None:
        super().__init__(scope, construct_id)
        self.cluster_mode = nodes.shards > 1
        self.user_id = f"{name_prefix}-{USERNAME}"
        self._key = key
        self._nodes = nodes
        self.secret = self._generated_secret(key, removal_policy)
        self._security_group = self._closed_group(vpc)
        self._group = elasticache.CfnReplicationGroup(
            self,
            "Resource",
            replication_group_description="Assignments, cached neighbours and counters",
            engine="valkey",
            engine_version="8.1",
            cache_parameter_group_name=_PARAMETERS[self.cluster_mode],
            cache_node_type=nodes.node_type,
            num_node_groups=nodes.shards,
            replicas_per_node_group=nodes.replicas_per_shard,
            cluster_mode="enabled" if self.cluster_mode else "disabled",
            automatic_failover_enabled=nodes.replicas_per_shard > 0 or self.cluster_mode,
            multi_az_enabled=nodes.replicas_per_shard > 0,
            port=PORT,
            cache_subnet_group_name=self._subnets(vpc),
            security_group_ids=[self._security_group.security_group_id],
            transit_encryption_enabled=True,
            transit_encryption_mode="required",
            at_rest_encryption_enabled=True,
            kms_key_id=key.key_arn,
            user_group_ids=[self._users(name_prefix)],
            snapshot_retention_limit=nodes.snapshot_days,
            auto_minor_version_upgrade=True,
        )
        self._group.apply_removal_policy(removal_policy)

    @property
    def shards(self) -> tuple[tuple[str, ...], ...]:
        """The ids of each shard's nodes, as ElastiCache makes them of the group's."""
        nodes = range(1, self._nodes.replicas_per_shard + 2)
        if not self.cluster_mode:
            return (tuple(f"{self._group.ref}-{node:03}" for node in nodes),)
        return tuple(
            tuple(f"{self._group.ref}-{shard:04}-{node:03}" for node in nodes)
            for shard in range(1, self._nodes.shards + 1)
        )

    @property
    def host(self) -> str:
        return (
            self._group.attr_configuration_end_point_address
            if self.cluster_mode
            else self._group.attr_primary_end_point_address
        )

    @property
    def url(self) -> str:
        """Without a password. Clients read from it whether this is a cluster."""
        cluster = "?cluster=true" if self.cluster_mode else ""
        return f"rediss://{USERNAME}@{self.host}:{self.endpoint_port}{cluster}"

    @property
    def settings(self) -> dict[str, str]:
        """As clients find it in their environment, but for the password."""
        return {
            "VALKEY_HOST": self.host,
            "VALKEY_PORT": self.endpoint_port,
            "VALKEY_USERNAME": USERNAME,
            "VALKEY_CLUSTER_MODE": str(self.cluster_mode).lower(),
        }

    def grant_rotate(self, grantee: iam.IGrantable) -> None:
        """Make versions of the password, and give the user another one beside the one it has."""
        user = cdk.Stack.of(self).format_arn(
            service="elasticache",
            resource="user",
            resource_name=self.user_id,
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["elasticache:DescribeUsers", "elasticache:ModifyUser"],
            resource_arns=[user],
        )
        grant_new_versions(grantee, secret_arn=self.secret.secret_arn, key=self._key)

    def admit(self, scope: Construct, client: ec2.IConnectable) -> None:
        """The rules belong to the client's `scope`, so that its stack needs this one alone."""
        [group] = client.connections.security_groups
        ec2.CfnSecurityGroupIngress(
            scope,
            "CacheIngress",
            description="Tasks",
            group_id=self._security_group.security_group_id,
            source_security_group_id=group.security_group_id,
            ip_protocol="tcp",
            from_port=PORT,
            to_port=PORT,
        )
        group.add_egress_rule(self._security_group, ec2.Port.tcp(PORT), "Valkey")

    @property
    def endpoint_port(self) -> str:
        """The port that clients connect to, which a stand-in for the cache may choose."""
        return (
            self._group.attr_configuration_end_point_port
            if self.cluster_mode
            else self._group.attr_primary_end_point_port
        )

    def _closed_group(self, vpc: ec2.IVpc) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=vpc,
            description="Valkey: entered by tasks alone",
            allow_all_outbound=False,
        )

    def _subnets(self, vpc: ec2.IVpc) -> str:
        return elasticache.CfnSubnetGroup(
            self,
            "Subnets",
            description="Isolated subnets",
            subnet_ids=[subnet.subnet_id for subnet in vpc.isolated_subnets],
        ).ref

    def _generated_secret(
        self, key: kms.IKey, removal_policy: cdk.RemovalPolicy
    ) -> secretsmanager.Secret:
        return secretsmanager.Secret(
            self,
            "Password",
            description="The application's user of Valkey",
            encryption_key=key,
            removal_policy=removal_policy,
            generate_secret_string=generated_login(USERNAME),
        )

    def _users(self, name_prefix: str) -> str:
        password = self.secret.secret_value_from_json("password").unsafe_unwrap()
        users = [
            elasticache.CfnUser(
                self,
                construct_id,
                engine="valkey",
                user_id=f"{name_prefix}-{user_name}",
                user_name=user_name,
                access_string=access,
                authentication_mode={"Type": "password", "Passwords": [password]},
            )
            for construct_id, user_name, access in (
                ("DefaultUser", "default", "off -@all"),
                ("ApplicationUser", USERNAME, ACCESS),
            )
        ]
        group = elasticache.CfnUserGroup(
            self,
            "Users",
            engine="valkey",
            user_group_id=f"{name_prefix}-users",
            user_ids=[user.ref for user in users],
        )
        return group.ref
