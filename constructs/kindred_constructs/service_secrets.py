"""Secrets that AWS makes and nobody types: what signs, what seals sessions, what SDKs show."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from kindred_constructs.second_region import SecondRegion, replicas, secret_elsewhere


class ServiceSecrets(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        key: kms.IKey,
        removal_policy: cdk.RemovalPolicy,
        second: SecondRegion | None = None,
        first: ServiceSecrets | None = None,
    ) -> None:
        """Each has a replica in the `second` region, and is one of the `first` there."""
        super().__init__(scope, construct_id)
        replica_regions = replicas(self, second)

        def generated(name: str, description: str, length: int) -> secretsmanager.ISecret:
            if first:
                known = first.node.find_child(name)
                assert isinstance(known, secretsmanager.Secret)
                return secret_elsewhere(self, name, known, key=key)
            return secretsmanager.Secret(
                self,
                name,
                description=description,
                encryption_key=key,
                removal_policy=removal_policy,
                replica_regions=replica_regions,
                generate_secret_string=secretsmanager.SecretStringGenerator(
                    password_length=length, exclude_punctuation=True
                ),
            )

        self.audit = generated("Audit", "Signs the records of the audit log", 64)
        self.session = generated("Session", "Seals sessions of the experiments service", 64)
        self.client_key = generated("ClientKey", "In the address from which SDKs read flags", 32)
