"""OpenSearch inside the VPC, for looking at single events; experiments are decided without it."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_opensearchservice as opensearch
from constructs import Construct

from kindred_constructs.grants import allow
from kindred_constructs.operator_alarm import OperatorAlarm, Severity

_LOGS = ("ES_APPLICATION_LOGS", "INDEX_SLOW_LOGS", "SEARCH_SLOW_LOGS")
_MORE = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
_LESS = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
INDEX_PREFIX = "experimentation-events"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchNodes:
    """`managers` hold no data; without them the others elect one of themselves."""

    instance_type: str
    nodes: int
    volume_gib: int
    managers: int
    manager_type: str | None


class SearchDomain(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc: ec2.IVpc,
        key: kms.IKey,
        log_key: kms.IKey,
        nodes: SearchNodes,
        removal_policy: cdk.RemovalPolicy,
    ) -> None:
        super().__init__(scope, construct_id)
        self._security_group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=vpc,
            description="OpenSearch: entered by the indexer alone",
            allow_all_outbound=False,
        )
        zones = _zones(nodes.nodes, len(vpc.isolated_subnets))
        self._domain = opensearch.CfnDomain(
            self,
            "Resource",
            engine_version="OpenSearch_3.3",
            cluster_config=_cluster(nodes, zones),
            ebs_options=opensearch.CfnDomain.EBSOptionsProperty(
                ebs_enabled=True, volume_type="gp3", volume_size=nodes.volume_gib
            ),
            vpc_options=opensearch.CfnDomain.VPCOptionsProperty(
                subnet_ids=[subnet.subnet_id for subnet in vpc.isolated_subnets[:zones]],
                security_group_ids=[self._security_group.security_group_id],
            ),
            encryption_at_rest_options=opensearch.CfnDomain.EncryptionAtRestOptionsProperty(
                enabled=True, kms_key_id=key.key_id
            ),
            node_to_node_encryption_options=opensearch.CfnDomain.NodeToNodeEncryptionOptionsProperty(
                enabled=True
            ),
            domain_endpoint_options=opensearch.CfnDomain.DomainEndpointOptionsProperty(
                enforce_https=True, tls_security_policy="Policy-Min-TLS-1-2-PFS-2023-10"
            ),
            log_publishing_options=self._logs(log_key),
        )
        # The domain tries whether it may write its logs.
        self._domain.node.add_dependency(self._log_policy)
        self._domain.apply_removal_policy(removal_policy)

    @property
    def endpoint(self) -> str:
        return f"https://{self._domain.attr_domain_endpoint}"

    def grant_index(self, grantee: iam.IGrantable) -> None:
        """Writes of documents, many in one call."""
        allow(grantee, [f"{self._domain.attr_arn}/_bulk"], "es:ESHttpPost")

    def grant_forget(self, grantee: iam.IGrantable) -> None:
        """Counts, and removals by query; a path is a resource."""
        index = f"{self._domain.attr_arn}/{INDEX_PREFIX}-*"
        allow(grantee, [f"{index}/_count", f"{index}/_delete_by_query"], "es:ESHttpPost")

    def admit(self, scope: Construct, client: ec2.IConnectable) -> None:
        """The rules belong to the client's `scope`, so that its stack needs this one alone."""
        [group] = client.connections.security_groups
        ec2.CfnSecurityGroupIngress(
            scope,
            "SearchIngress",
            description="Indexer",
            group_id=self._security_group.security_group_id,
            source_security_group_id=group.security_group_id,
            ip_protocol="tcp",
            from_port=443,
            to_port=443,
        )
        group.add_egress_rule(self._security_group, ec2.Port.tcp(443), "OpenSearch")

    def alarms(self) -> list[OperatorAlarm]:
        return [
            OperatorAlarm(
                self,
                construct_id,
                happened=happened,
                runbook="search-domain",
                severity=Severity.WARNING,
                metric=cloudwatch.Metric(
                    namespace="AWS/ES",
                    metric_name=metric_name,
                    dimensions_map={
                        "DomainName": self._domain.ref,
                        "ClientId": cdk.Stack.of(self).account,
                    },
                    statistic=statistic,
                    period=cdk.Duration.minutes(1),
                ),
                threshold=threshold,
                evaluation_periods=5,
                comparison=comparison,
            )
            for construct_id, happened, metric_name, statistic, threshold, comparison in (
                (
                    "RedAlarm",
                    "A part of the index is lost",
                    "ClusterStatus.red",
                    "Maximum",
                    1,
                    _MORE,
                ),
                (
                    "FullAlarm",
                    "A node has less than 2 GiB left",
                    "FreeStorageSpace",
                    "Minimum",
                    2048,
                    _LESS,
                ),
            )
        ]

    def _logs(
        self, log_key: kms.IKey
    ) -> dict[str, opensearch.CfnDomain.LogPublishingOptionProperty]:
        log_group = logs.LogGroup(self, "Log", encryption_key=log_key)
        stack = cdk.Stack.of(self)
        self._log_policy = logs.CfnResourcePolicy(
            self,
            "LogPolicy",
            policy_name=cdk.Names.unique_id(self),
            policy_document=stack.to_json_string(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "es.amazonaws.com"},
                            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                            "Resource": log_group.log_group_arn,
                            "Condition": {"StringEquals": {"aws:SourceAccount": stack.account}},
                        }
                    ],
                }
            ),
        )
        option = opensearch.CfnDomain.LogPublishingOptionProperty(
            enabled=True, cloud_watch_logs_log_group_arn=log_group.log_group_arn
        )
        return dict.fromkeys(_LOGS, option)


def _zones(nodes: int, subnets: int) -> int:
    """As many as there are, if each gets as many nodes as the others."""
    return next(zones for zones in (3, 2, 1) if zones <= subnets and nodes % zones == 0)


def _cluster(nodes: SearchNodes, zones: int) -> opensearch.CfnDomain.ClusterConfigProperty:
    config = opensearch.CfnDomain
    return config.ClusterConfigProperty(
        instance_type=nodes.instance_type,
        instance_count=nodes.nodes,
        dedicated_master_enabled=nodes.managers > 0,
        dedicated_master_count=nodes.managers or None,
        dedicated_master_type=nodes.manager_type,
        zone_awareness_enabled=zones > 1,
        zone_awareness_config=config.ZoneAwarenessConfigProperty(availability_zone_count=zones)
        if zones > 1
        else None,
    )
