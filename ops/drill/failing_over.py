"""The steps by which the second region takes over, and those by which the first does again."""

from __future__ import annotations

from dataclasses import dataclass

from ops.drill.steps import Call, Step, Until

_NAMESPACE, _METRIC, _DIMENSION = "Kindred/Recovery", "FailoverDeclared", "environment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """`tasks` is what serves a region's traffic, `waiting` what stands by."""

    cluster: str
    name: str
    tasks: int
    waiting: int

    @property
    def resource_id(self) -> str:
        return f"service/{self.cluster}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoRegions:
    """Both regions of an environment, as far as a failover has to know them."""

    environment: str
    first_region: str
    region: str
    global_cluster: str
    first_cluster_arn: str
    second_cluster_arn: str
    services: tuple[Service, ...]
    declared_alarm: str
    api_url: str
    failover_name: str | None


def failover(known: TwoRegions, *, planned: bool) -> list[Step]:
    """With `planned`, while the first region is well: nothing is lost, and the roles change."""
    return [
        _declare(known, on=True),
        _promote(known, known.second_cluster_arn, planned=planned),
        *(_grow(known, service, service.tasks) for service in known.services),
        Step(
            title="See that the second region answers",
            by_hand=f"ask {known.api_url} for similar apps, with the operator's key there",
        ),
        _clients(known, known.api_url),
        Step(
            title="Make it last",
            by_hand=f"set recovery.serves: second in environments/{known.environment}.yaml and "
            "deploy the Standby stacks, so that no deployment shrinks them again",
        ),
    ]


def failback(known: TwoRegions) -> list[Step]:
    """Once the first region is well: its database follows again before it writes again."""
    return [
        Step(
            title="See that the first region's database follows",
            until=Until(
                call=_members(known),
                expression=_of(known.first_cluster_arn, "SynchronizationStatus"),
                wanted="connected",
                within_minutes=120,
            ),
        ),
        Step(
            title="Bring back what was written to the second region's buckets",
            by_hand="for each pair of buckets in docs/runbooks/failback.md: aws s3 sync",
        ),
        _promote(known, known.first_cluster_arn, planned=True),
        Step(
            title="Give the first region its tasks and its daily decisions",
            by_hand=f"set recovery.serves: first in environments/{known.environment}.yaml and "
            "deploy the first region's stacks",
        ),
        _declare(known, on=False),
        *(_grow(known, service, service.waiting) for service in known.services),
        _clients(known, "the first region's address"),
    ]


def _declare(known: TwoRegions, *, on: bool) -> Step:
    dimension = {"Name": _DIMENSION, "Value": known.environment}
    datum = {"MetricName": _METRIC, "Dimensions": [dimension], "Value": float(on)}
    return Step(
        title="Declare that the second region serves" if on else "Withdraw the declaration",
        call=Call(
            service="cloudwatch",
            operation="put_metric_data",
            region=known.region,
            parameters={"Namespace": _NAMESPACE, "MetricData": [datum]},
        ),
        until=Until(
            call=Call(
                service="cloudwatch",
                operation="describe_alarms",
                region=known.region,
                parameters={"AlarmNames": [known.declared_alarm]},
            ),
            expression="MetricAlarms[0].StateValue",
            wanted="ALARM" if on else "OK",
            within_minutes=5,
        ),
    )


def _promote(known: TwoRegions, arn: str, *, planned: bool) -> Step:
    if planned:
        operation, how = "switchover_global_cluster", {}
        # Aurora wants it asked where it writes until then.
        region = known.first_region if arn == known.second_cluster_arn else known.region
    else:
        operation, how = "failover_global_cluster", {"AllowDataLoss": True}
        region = known.region
    return Step(
        title=f"Make the database of {arn.split(':')[3]} the one that writes",
        call=Call(
            service="rds",
            operation=operation,
            region=region,
            parameters={
                "GlobalClusterIdentifier": known.global_cluster,
                "TargetDbClusterIdentifier": arn,
                **how,
            },
        ),
        until=Until(
            call=_members(known), expression=_of(arn, "IsWriter"), wanted=True, within_minutes=15
        ),
    )


def _members(known: TwoRegions) -> Call:
    return Call(
        service="rds",
        operation="describe_global_clusters",
        region=known.region,
        parameters={"GlobalClusterIdentifier": known.global_cluster},
    )


def _of(arn: str, attribute: str) -> str:
    return f"GlobalClusters[0].GlobalClusterMembers[?DBClusterArn=='{arn}'].{attribute} | [0]"


def _grow(known: TwoRegions, service: Service, tasks: int) -> Step:
    return Step(
        title=f"Let {service.name} run {tasks} tasks at least",
        call=Call(
            service="application-autoscaling",
            operation="register_scalable_target",
            region=known.region,
            parameters={
                "ServiceNamespace": "ecs",
                "ScalableDimension": "ecs:service:DesiredCount",
                "ResourceId": service.resource_id,
                "MinCapacity": tasks,
            },
        ),
        until=Until(
            call=Call(
                service="ecs",
                operation="describe_services",
                region=known.region,
                parameters={"cluster": service.cluster, "services": [service.name]},
            ),
            expression=f"services[0].runningCount >= `{tasks}`",
            wanted=True,
            within_minutes=15,
        ),
    )


def _clients(known: TwoRegions, address: str) -> Step:
    if known.failover_name:
        what = f"see that {known.failover_name} resolves to the region that serves: dig +short"
    else:
        what = f"there is no domain whose name fails over: tell clients to ask {address}"
    return Step(title="Send clients there", by_hand=what)
