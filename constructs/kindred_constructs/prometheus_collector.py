"""Asks every task of the services for its Prometheus metrics, from a cluster of its own."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from kindred_constructs.closed_group import closed_group
from kindred_constructs.collector_image import add_collector
from kindred_constructs.fargate_service import FargateService
from kindred_constructs.metrics_workspace import MetricsWorkspace
from kindred_constructs.operator_alarm import OperatorAlarm, Severity
from kindred_constructs.service_task import METRICS_PORT
from kindred_constructs.task_definition import TaskShape, mount_tmp, task_definition

_NAME = "prometheus"
_CPU, _MEMORY_MIB = 256, 512


class PrometheusCollector(Construct):
    """One task. Two would write every sample twice, so the old one ends before the new begins."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment_name: str,
        vpc: ec2.IVpc,
        subnets: ec2.SubnetSelection,
        workspace: MetricsWorkspace,
        services_cluster: ecs.ICluster,
        services: Mapping[str, FargateService],
        scrape_seconds: int,
        log_key: kms.IKey,
        arm: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        self._cluster = ecs.Cluster(
            self, "Cluster", vpc=vpc, container_insights_v2=ecs.ContainerInsights.ENABLED
        )
        definition = self._definition(
            log_key,
            {
                "ENVIRONMENT": environment_name,
                "REMOTE_WRITE_URL": workspace.remote_write_url,
                "SCRAPE_SECONDS": str(scrape_seconds),
                "SERVICES_CLUSTER": services_cluster.cluster_name,
                "GOMEMLIMIT": "416MiB",
            },
            arm=arm,
        )
        workspace.grant_write(definition.task_role)
        _grant_discovery(definition, services_cluster)
        security_group = closed_group(
            self, vpc, "Collector: entered by nobody, leaves for AWS and for metrics"
        )
        self._admit(security_group, services)
        self._service = self._run(definition, subnets, security_group)
        self.missing_alarm = self._missing_alarm()

    def _definition(
        self, log_key: kms.IKey, environment: Mapping[str, str], *, arm: bool
    ) -> ecs.FargateTaskDefinition:
        shape = TaskShape(cpu=_CPU, memory_mib=_MEMORY_MIB, arm=arm)
        definition = task_definition(self, "Task", shape)
        container = add_collector(
            self,
            definition,
            _NAME,
            arm=arm,
            environment=environment,
            start_period=cdk.Duration.seconds(30),
            logging=ecs.LogDrivers.aws_logs(
                stream_prefix=_NAME,
                log_group=logs.LogGroup(self, "Log", encryption_key=log_key),
            ),
        )
        # Where it writes down which tasks it has found.
        mount_tmp(container)
        return definition

    def _admit(
        self, security_group: ec2.SecurityGroup, services: Mapping[str, FargateService]
    ) -> None:
        """The rules stand here: the services' stack need not know who watches them."""
        for name, service in services.items():
            [group] = service.connections.security_groups
            theirs = ec2.SecurityGroup.from_security_group_id(
                self, f"{name}Group", group.security_group_id
            )
            security_group.connections.allow_to(
                theirs, ec2.Port.tcp(METRICS_PORT), "Metrics, and nothing else"
            )

    def _run(
        self,
        definition: ecs.FargateTaskDefinition,
        subnets: ec2.SubnetSelection,
        security_group: ec2.SecurityGroup,
    ) -> ecs.FargateService:
        service = ecs.FargateService(
            self,
            "Service",
            cluster=self._cluster,
            task_definition=definition,
            vpc_subnets=subnets,
            security_groups=[security_group],
            platform_version=ecs.FargatePlatformVersion.VERSION1_4,
            desired_count=1,
            min_healthy_percent=0,
            max_healthy_percent=100,
            circuit_breaker=ecs.DeploymentCircuitBreaker(enable=True, rollback=True),
            propagate_tags=ecs.PropagatedTagSource.SERVICE,
            enable_ecs_managed_tags=True,
        )
        # Roles are usable once their policies are attached.
        service.node.add_dependency(definition.obtain_execution_role(), definition.task_role)
        return service

    def _missing_alarm(self) -> OperatorAlarm:
        return OperatorAlarm(
            self,
            "MissingAlarm",
            happened="No collector of Prometheus metrics runs",
            runbook="prometheus-collector",
            severity=Severity.WARNING,
            metric=cloudwatch.Metric(
                namespace="ECS/ContainerInsights",
                metric_name="RunningTaskCount",
                dimensions_map={
                    "ClusterName": self._cluster.cluster_name,
                    "ServiceName": self._service.service_name,
                },
                period=cdk.Duration.minutes(1),
                statistic="Maximum",
            ),
            threshold=1,
            evaluation_periods=15,
            comparison=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            # Container Insights says nothing of a service without tasks.
            missing=cloudwatch.TreatMissingData.BREACHING,
        )


def _grant_discovery(definition: ecs.FargateTaskDefinition, cluster: ecs.ICluster) -> None:
    """What the observer asks ECS for, and of that cluster alone."""
    definition.add_to_task_role_policy(
        iam.PolicyStatement(
            actions=[
                "ecs:DescribeServices",
                "ecs:DescribeTasks",
                "ecs:ListServices",
                "ecs:ListTasks",
            ],
            # Lists have no resource; the condition says whose tasks and services.
            resources=["*"],
            conditions={"ArnEquals": {"ecs:cluster": cluster.cluster_arn}},
        )
    )
    definition.add_to_task_role_policy(
        iam.PolicyStatement(
            actions=["ecs:DescribeTaskDefinition"],
            # It has no resource-level permission.
            resources=["*"],
        )
    )
