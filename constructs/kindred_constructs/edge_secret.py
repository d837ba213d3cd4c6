"""The secret by which an API knows that a request comes from CloudFront, and is inspected."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

EDGE_REGION = "us-east-1"


class EdgeSecret(secretsmanager.Secret):
    """Read by CloudFormation where CloudFront is configured, and where the API is."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        key: kms.IKey,
        removal_policy: cdk.RemovalPolicy,
    ) -> None:
        self._home = cdk.Stack.of(scope).region
        # CloudFormation resolves a secret in the region of the stack that names it.
        elsewhere = sorted({EDGE_REGION} - {self._home})
        super().__init__(
            scope,
            construct_id,
            description="Sent by CloudFront to the APIs, so that they know it",
            encryption_key=key,
            removal_policy=removal_policy,
            replica_regions=[secretsmanager.ReplicaRegion(region=region) for region in elsewhere],
            generate_secret_string=secretsmanager.SecretStringGenerator(
                password_length=64, exclude_punctuation=True
            ),
        )

    @property
    def at_the_edge(self) -> str:
        """Resolved when a stack of the edge's region is deployed; a template holds its ARN."""
        secret = self.node.default_child
        # The L2's own attribute wants a physical name where it crosses regions.
        assert isinstance(secret, secretsmanager.CfnSecret)
        arn = secret.ref
        if self._home != EDGE_REGION:
            arn = cdk.Fn.join(EDGE_REGION, cdk.Fn.split(self._home, arn))
        return cdk.SecretValue.secrets_manager(arn).unsafe_unwrap()
