"""What the emulated ECS says should run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ops.local.task_definitions import ServiceSpec, read_service

if TYPE_CHECKING:
    from types_boto3_ecs.client import ECSClient
    from types_boto3_elbv2.client import ElasticLoadBalancingv2Client

SERVICES_A_CALL = 10


class EcsServices:
    """Reads every active service of every cluster; task definitions never change, so once each."""

    def __init__(self, ecs: ECSClient, load_balancing: ElasticLoadBalancingv2Client) -> None:
        self._ecs = ecs
        self._load_balancing = load_balancing
        self._definitions: dict[str, Any] = {}

    def read(self) -> list[ServiceSpec]:
        groups = {
            group["TargetGroupArn"]: group
            for group in self._load_balancing.describe_target_groups()["TargetGroups"]
            if "TargetGroupArn" in group
        }
        return [
            read_service(service, self._definition(service["taskDefinition"]), groups)
            for cluster in self._ecs.list_clusters()["clusterArns"]
            for service in self._services(cluster)
            if service["status"] == "ACTIVE"
        ]

    def _services(self, cluster: str) -> list[Any]:
        arns = [
            arn
            for page in self._ecs.get_paginator("list_services").paginate(cluster=cluster)
            for arn in page["serviceArns"]
        ]
        return [
            service
            for start in range(0, len(arns), SERVICES_A_CALL)
            for service in self._ecs.describe_services(
                cluster=cluster, services=arns[start : start + SERVICES_A_CALL]
            )["services"]
        ]

    def _definition(self, arn: str) -> Any:
        if arn not in self._definitions:
            answer = self._ecs.describe_task_definition(taskDefinition=arn)
            self._definitions[arn] = answer["taskDefinition"]
        return self._definitions[arn]
