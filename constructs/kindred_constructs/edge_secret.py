"""The secret by which an API knows that a request comes from CloudFront, and is inspected."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from kindred_constructs.second_region import SecondRegion, arn_elsewhere, replicas, secret_elsewhere

EDGE_REGION = "us-east-1"


class EdgeSecret(Construct):
    """Read by CloudFormation where CloudFront is configured, and where the APIs are."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        key: kms.IKey,
        removal_policy: cdk.RemovalPolicy,
        second: SecondRegion | None = None,
        first: EdgeSecret | None = None,
    ) -> None:
        """CloudFront sends one secret, wherever its requests are answered."""
        super().__init__(scope, construct_id)
        self._home = cdk.Stack.of(self).region
        self._secret: secretsmanager.ISecret = (
            secret_elsewhere(self, "Default", first._secret, key=key)
            if first
            else self._generated(key, removal_policy, second)
        )

    def _generated(
        self, key: kms.IKey, removal_policy: cdk.RemovalPolicy, second: SecondRegion | None
    ) -> secretsmanager.Secret:
        replicated = list(replicas(self, second) or [])
        # CloudFormation resolves a secret in the region of the stack that names it.
        if EDGE_REGION not in {self._home, *(each.region for each in replicated)}:
            replicated.append(secretsmanager.ReplicaRegion(region=EDGE_REGION))
        return secretsmanager.Secret(
            self,
            "Default",
            description="Sent by CloudFront to the APIs, so that they know it",
            encryption_key=key,
            removal_policy=removal_policy,
            replica_regions=replicated,
            generate_secret_string=secretsmanager.SecretStringGenerator(
                password_length=64, exclude_punctuation=True
            ),
        )

    @property
    def secret_value(self) -> cdk.SecretValue:
        """In the region of the stack that holds this."""
        return self._secret.secret_value

    @property
    def at_the_edge(self) -> str:
        """Resolved when a stack of the edge's region is deployed; a template holds its ARN."""
        secret = self._secret.node.default_child
        # The L2's own attribute wants a physical name where it crosses regions.
        assert isinstance(secret, secretsmanager.CfnSecret)
        arn = (
            secret.ref
            if self._home == EDGE_REGION
            else arn_elsewhere(self, "AtTheEdge", secret, region=EDGE_REGION)
        )
        return cdk.SecretValue.secrets_manager(arn).unsafe_unwrap()
