"""The secret under which units get their pseudonyms: a document of generations that rotates."""

from __future__ import annotations

import json

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from kindred_constructs.second_region import SecondRegion, replicas, secret_elsewhere
from kindred_constructs.secret_rotation import grant_new_versions

# Before all that this platform stores.
_FIRST = {"number": 1, "since": "2000-01-01T00:00:00+00:00"}


class PseudonymSecret(Construct):
    """Read while running, not at start: a generation that is added reaches every reader."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        key: kms.IKey,
        removal_policy: cdk.RemovalPolicy,
        second: SecondRegion | None = None,
        first: PseudonymSecret | None = None,
    ) -> None:
        """A unit has the same pseudonym in the second region: the secret there is a replica."""
        super().__init__(scope, construct_id)
        self._key = key
        self._secret: secretsmanager.ISecret = (
            secret_elsewhere(self, "Resource", first._secret, key=key)
            if first
            else self._generated(removal_policy, second)
        )

    def _generated(
        self, removal_policy: cdk.RemovalPolicy, second: SecondRegion | None
    ) -> secretsmanager.Secret:
        return secretsmanager.Secret(
            self,
            "Resource",
            description="Generations of the key that makes pseudonyms of units",
            encryption_key=self._key,
            removal_policy=removal_policy,
            replica_regions=replicas(self, second),
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template=json.dumps(_FIRST),
                generate_string_key="key",
                password_length=64,
                exclude_punctuation=True,
            ),
        )

    @property
    def arn(self) -> str:
        return self._secret.secret_arn

    @property
    def setting(self) -> dict[str, str]:
        """As readers find it in their environment."""
        return {"PSEUDONYM_SECRET_ARN": self.arn}

    def grant_use(self, grantee: iam.IGrantable) -> None:
        """The L2's own grant would write each reader into the policy of the key."""
        iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["secretsmanager:GetSecretValue"],
            resource_arns=[self.arn],
        )
        self._key.grant(grantee, "kms:Decrypt")

    def grant_rotate(self, grantee: iam.IGrantable) -> None:
        grant_new_versions(grantee, secret_arn=self.arn, key=self._key)
