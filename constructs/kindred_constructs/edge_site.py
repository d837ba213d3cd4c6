"""What every distribution of ours shares: its names, its firewall and its log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_kms as kms
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from constructs import Construct

from kindred_constructs.edge_logs import EdgeLogs
from kindred_constructs.web_acl import WebAcl


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicName:
    """A host below a zone of ours, and a certificate of us-east-1 for it."""

    host: str
    zone: route53.IHostedZone
    certificate: acm.ICertificate


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeGuards:
    """Before every distribution, and behind it."""

    firewall: WebAcl
    logs: EdgeLogs
    log_key: kms.IKey


def distribution(
    scope: Construct,
    *,
    guards: EdgeGuards,
    name: PublicName | None,
    **properties: Any,
) -> cloudfront.Distribution:
    """Without a name CloudFront gives it one, or `properties` bring several."""
    named: dict[str, Any] = (
        {
            "domain_names": [name.host],
            "certificate": name.certificate,
            "minimum_protocol_version": cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
        }
        if name
        else {}
    )
    made = cloudfront.Distribution(
        scope,
        "Resource",
        web_acl_id=guards.firewall.arn,
        http_version=cloudfront.HttpVersion.HTTP2_AND_3,
        **named,
        **properties,
    )
    guards.logs.keep(made)
    if name:
        point(scope, made, host=name.host, zone=name.zone)
    return made


def url_of(made: cloudfront.Distribution, name: PublicName | None) -> str:
    return f"https://{name.host if name else made.domain_name}/"


def point(
    scope: Construct,
    to: cloudfront.IDistribution,
    *,
    host: str,
    zone: route53.IHostedZone,
    construct_id: str = "Alias",
) -> None:
    """Address records of both versions."""
    target = route53.RecordTarget.from_alias(targets.CloudFrontTarget(to))
    common: dict[str, Any] = {"zone": zone, "record_name": host, "target": target}
    route53.ARecord(scope, construct_id, **common)
    route53.AaaaRecord(scope, f"{construct_id}V6", **common)
