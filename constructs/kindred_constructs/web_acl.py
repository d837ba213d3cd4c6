"""A web ACL: who may come in, how often, and what no request may hold."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from kindred_constructs import web_acl_rules as rules
from kindred_constructs.operator_alarm import OperatorAlarm, Severity

EDGE, REGION = "CLOUDFRONT", "REGIONAL"
# Refusals in five minutes that no mistyped address or search engine makes.
MANY_REFUSALS = 1_000
# Headers by which a caller is known, which no log shows.
_CREDENTIALS = ("authorization", "cookie", "x-api-key", rules.EDGE_HEADER)
_TOO_MANY = {
    "type": "about:blank",
    "title": "Too Many Requests",
    "status": 429,
    "detail": "more requests in five minutes than one address may send",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """With `allow_ips` nobody else comes in; `block_ips` never do. CIDRs of both versions."""

    allow_ips: Sequence[str] = ()
    block_ips: Sequence[str] = ()
    requests_per_5_minutes: int


class WebAcl(Construct):
    """`edge_secret`, where it is given, lets in what CloudFront has inspected already."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        waf_scope: str,
        admission: Admission,
        log_key: kms.IKey,
        edge_secret: cdk.SecretValue | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._scope = waf_scope
        self._name = f"{cdk.Stack.of(self).stack_name}-{construct_id}"
        self.acl = wafv2.CfnWebACL(
            self,
            "Resource",
            scope=waf_scope,
            description="Addresses, rates, and what AWS knows of attacks",
            default_action=wafv2.CfnWebACL.DefaultActionProperty(allow={}),
            custom_response_bodies={
                rules.TOO_MANY: wafv2.CfnWebACL.CustomResponseBodyProperty(
                    content=json.dumps(_TOO_MANY), content_type="APPLICATION_JSON"
                )
            },
            rules=self._rules(admission, edge_secret),
            visibility_config=rules.visible(self._name),
        )
        self._keep_log(log_key)
        self.alarm = OperatorAlarm(
            self,
            "Refusals",
            happened=f"The web ACL {self._name} refuses many requests: an attack, or a rule that "
            "takes a client for one",
            runbook="refused-requests",
            severity=Severity.WARNING,
            metric=self.metric_blocked(),
            threshold=MANY_REFUSALS,
        )

    @property
    def arn(self) -> str:
        return self.acl.attr_arn

    def metric_blocked(self) -> cloudwatch.Metric:
        """Requests refused by any rule."""
        dimensions = {"WebACL": self._name, "Rule": "ALL"}
        if self._scope == REGION:
            dimensions["Region"] = cdk.Stack.of(self).region
        return cloudwatch.Metric(
            namespace="AWS/WAFV2",
            metric_name="BlockedRequests",
            dimensions_map=dimensions,
            statistic="Sum",
            period=cdk.Duration.minutes(5),
        )

    def _rules(
        self, admission: Admission, edge_secret: cdk.SecretValue | None
    ) -> list[wafv2.CfnWebACL.RuleProperty]:
        found = [rules.from_the_edge(edge_secret)] if edge_secret else []
        if admission.allow_ips:
            found.append(rules.only_from(self._sets("Allowed", admission.allow_ips)))
        if admission.block_ips:
            found.append(rules.never_from(self._sets("Blocked", admission.block_ips)))
        found.append(rules.at_most(admission.requests_per_5_minutes))
        found += rules.managed()
        return [rules.at_priority(priority, rule) for priority, rule in enumerate(found)]

    def _sets(self, name: str, addresses: Sequence[str]) -> list[str]:
        """ARNs: a set holds addresses of one version."""
        versions: dict[str, list[str]] = {}
        for address in addresses:
            versions.setdefault("IPV6" if ":" in address else "IPV4", []).append(address)
        return [
            wafv2.CfnIPSet(
                self,
                f"{name}{version}",
                scope=self._scope,
                ip_address_version=version,
                addresses=given,
            ).attr_arn
            for version, given in sorted(versions.items())
        ]

    def _keep_log(self, key: kms.IKey) -> None:
        """Of what was refused alone; the rest is in the logs of what was reached."""
        log_group = logs.LogGroup(
            self,
            "Log",
            # WAF writes to no group of another name.
            log_group_name=f"aws-waf-logs-{self._name}",
            encryption_key=key,
        )
        wafv2.CfnLoggingConfiguration(
            self,
            "Logging",
            resource_arn=self.arn,
            log_destination_configs=[_without_streams(log_group)],
            redacted_fields=[
                wafv2.CfnLoggingConfiguration.FieldToMatchProperty(single_header={"Name": name})
                for name in _CREDENTIALS
            ],
            logging_filter=_KEEP_BLOCKED,
        )


_KEEP_BLOCKED: dict[str, Any] = {
    "DefaultBehavior": "DROP",
    "Filters": [
        {
            "Behavior": "KEEP",
            "Requirement": "MEETS_ANY",
            "Conditions": [{"ActionCondition": {"Action": "BLOCK"}}],
        }
    ],
}


def _without_streams(log_group: logs.LogGroup) -> str:
    """WAF takes the ARN without the `:*` in which CloudFormation's ends."""
    return cdk.Stack.of(log_group).format_arn(
        service="logs",
        resource="log-group",
        resource_name=log_group.log_group_name,
        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
    )
