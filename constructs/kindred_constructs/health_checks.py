"""Whether the first region is to serve: it answers, and nobody has said that it shall not."""

from __future__ import annotations

from typing import Any

from aws_cdk import aws_route53 as route53
from constructs import Construct

from kindred_constructs.declared_failover import DeclaredFailover

_SECONDS, _FAILURES = 10, 3


def failover_health_check(
    scope: Construct,
    construct_id: str,
    *,
    api_host: str,
    declared: DeclaredFailover,
    automatic: bool,
) -> route53.CfnHealthCheck:
    """With `automatic`, a region that does not answer for half a minute loses its traffic too.

    Route 53 has no L2 for health checks of alarms, nor for those of others.
    """
    not_declared = _check(
        scope,
        f"{construct_id}NotDeclared",
        type="CLOUDWATCH_METRIC",
        alarm_identifier=route53.CfnHealthCheck.AlarmIdentifierProperty(
            name=declared.name_elsewhere, region=declared.env.region
        ),
        # Of a second region that cannot be asked, the last word holds.
        insufficient_data_health_status="LastKnownStatus",
    )
    if not automatic:
        return not_declared
    # API Gateway answers this path itself: what is asked is whether its region does.
    answers = _check(
        scope,
        f"{construct_id}Answers",
        type="HTTPS",
        fully_qualified_domain_name=api_host,
        resource_path="/ping",
        port=443,
        enable_sni=True,
        request_interval=_SECONDS,
        failure_threshold=_FAILURES,
    )
    both = [not_declared.attr_health_check_id, answers.attr_health_check_id]
    return _check(
        scope, construct_id, type="CALCULATED", child_health_checks=both, health_threshold=2
    )


def _check(scope: Construct, construct_id: str, **settings: Any) -> route53.CfnHealthCheck:
    return route53.CfnHealthCheck(
        scope,
        construct_id,
        health_check_config=route53.CfnHealthCheck.HealthCheckConfigProperty(**settings),
    )
