"""The certificate of the internal load balancer: of a domain, or made by an operator."""

from __future__ import annotations

from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_ssm as ssm
from constructs import Construct


def domain_certificate(
    scope: Construct, *, zone_name: str, hosted_zone_id: str, server_name: str
) -> elbv2.IListenerCertificate:
    """Issued and renewed by ACM, which proves the domain in its public hosted zone."""
    zone = route53.HostedZone.from_hosted_zone_attributes(
        scope, "Zone", hosted_zone_id=hosted_zone_id, zone_name=zone_name
    )
    return acm.Certificate(
        scope,
        "Certificate",
        domain_name=server_name,
        validation=acm.CertificateValidation.from_dns(zone),
    )


def operator_certificate(scope: Construct, *, parameter: str) -> elbv2.IListenerCertificate:
    """Its ARN is read from an SSM parameter when the stack is deployed."""
    return elbv2.ListenerCertificate.from_arn(
        ssm.StringParameter.value_for_string_parameter(scope, parameter)
    )
