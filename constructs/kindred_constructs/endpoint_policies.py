"""What may pass through the VPC's endpoints: this account's own principals, to its own data."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam

# Asked by callers without an identity of AWS: for the keys of a user pool, with a key of an API.
OPEN = ("cognito-idp", "execute-api")


def serve_own_account(endpoint: ec2.VpcEndpoint) -> None:
    endpoint.add_to_policy(_any(endpoint, "aws:PrincipalAccount"))


def serve_own_data(endpoint: ec2.GatewayVpcEndpoint) -> None:
    """Nothing is carried to a bucket or a table of somebody else's."""
    endpoint.add_to_policy(_any(endpoint, "aws:PrincipalAccount", "aws:ResourceAccount"))


def serve_image_layers(endpoint: ec2.GatewayVpcEndpoint) -> None:
    """ECR gives layers out from a bucket of its own, by addresses that it has signed itself."""
    layers = cdk.Stack.of(endpoint).format_arn(
        service="s3",
        region="",
        account="",
        resource=f"prod-{cdk.Stack.of(endpoint).region}-starport-layer-bucket",
        resource_name="*",
    )
    endpoint.add_to_policy(
        iam.PolicyStatement(
            principals=[iam.AnyPrincipal()], actions=["s3:GetObject"], resources=[layers]
        )
    )


def _any(endpoint: ec2.VpcEndpoint, *keys: str) -> iam.PolicyStatement:
    """What a principal may do is its role's to say: here it is whose it is, and whose data."""
    account = cdk.Stack.of(endpoint).account
    return iam.PolicyStatement(
        principals=[iam.AnyPrincipal()],
        actions=["*"],
        resources=["*"],
        conditions={"StringEquals": dict.fromkeys(keys, account)},
    )
