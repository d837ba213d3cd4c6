"""What every rotation of a secret has in common: Secrets Manager's four steps."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import boto3

from privacy_functions.secret_versions import SecretVersions, random_text

_PASSWORD_LETTERS = 64

Step = Callable[[SecretVersions], None]


def take_step(
    event: Mapping[str, Any], *, make: Callable[[str], str], test: Step, give: Step | None = None
) -> None:
    """`make` is told what is held now, `give` tells who is to know. Each may come again.

    Source: AWS Secrets Manager User Guide, "Rotation by Lambda function".
    """
    versions = SecretVersions(
        boto3.client("secretsmanager"), event["SecretId"], event["ClientRequestToken"]
    )
    match event["Step"]:
        case "createSecret":
            versions.create(make)
        case "setSecret":
            if give:
                give(versions)
        case "testSecret":
            test(versions)
        case "finishSecret":
            versions.finish()


def with_new_password(held: str, **changes: str) -> str:
    """The document that is held, of which the password and `changes` are new."""
    return json.dumps({**json.loads(held), "password": random_text(_PASSWORD_LETTERS), **changes})
