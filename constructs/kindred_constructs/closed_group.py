"""A security group that lets nobody in, and out to AWS alone."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2
from constructs import Construct


def closed_group(scope: Construct, vpc: ec2.IVpc, description: str) -> ec2.SecurityGroup:
    """Further ways, in and out, are opened by what they lead to."""
    security_group = ec2.SecurityGroup(
        scope,
        "SecurityGroup",
        vpc=vpc,
        description=description,
        allow_all_outbound=False,
    )
    security_group.add_egress_rule(
        ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "AWS services, by endpoint or NAT"
    )
    return security_group
