"""Who signs in to PostgreSQL: an administrator that rotations are, and a login that services are.

A task holds the login that it read when it started, so a rotation moves on to another user and
leaves that one its password. RDS would rotate the administrator's itself, but not in a global
database, and services would have to sign in as the administrator.
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from kindred_constructs.login_secret import generated_login
from kindred_constructs.second_region import SecondRegion, replicas, secret_elsewhere
from kindred_constructs.secret_rotation import grant_new_versions

ADMINISTRATOR = "kindred"
# Of all tables. Nobody signs in as it, each login acts as it.
OWNER = "kindred_owner"
LOGINS = ("kindred_1", "kindred_2")


class DatabaseSecrets:
    """The children of `scope` that hold passwords, each of the first region's where it follows."""

    def __init__(
        self,
        scope: Construct,
        *,
        key: kms.IKey,
        removal_policy: cdk.RemovalPolicy,
        second: SecondRegion | None,
        first: DatabaseSecrets | None,
    ) -> None:
        self._key = key
        replica_regions = replicas(scope, second)

        def generated(construct_id: str, description: str, username: str) -> secretsmanager.ISecret:
            return secretsmanager.Secret(
                scope,
                construct_id,
                description=description,
                encryption_key=key,
                removal_policy=removal_policy,
                replica_regions=replica_regions,
                generate_secret_string=generated_login(username),
            )

        self.administrator: secretsmanager.ISecret = (
            secret_elsewhere(scope, "Password", first.administrator, key=key)
            if first
            else generated("Password", "The administrator of the database", ADMINISTRATOR)
        )
        self.login: secretsmanager.ISecret = (
            secret_elsewhere(scope, "Login", first.login, key=key)
            if first
            else generated("Login", "The user that services are in the database", LOGINS[0])
        )

    @property
    def rotation_settings(self) -> dict[str, str]:
        """Of the function that moves from one login to the other."""
        return {
            "ADMINISTRATOR_SECRET_ARN": self.administrator.secret_arn,
            "DATABASE_OWNER": OWNER,
            "DATABASE_LOGINS": ",".join(LOGINS),
        }

    def grant_rotate_login(self, grantee: iam.IGrantable) -> None:
        """As the administrator, who alone can make users."""
        grant_new_versions(grantee, secret_arn=self.login.secret_arn, key=self._key)
        iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["secretsmanager:GetSecretValue"],
            resource_arns=[self.administrator.secret_arn],
        )

    def grant_rotate_administrator(self, grantee: iam.IGrantable) -> None:
        grant_new_versions(grantee, secret_arn=self.administrator.secret_arn, key=self._key)
