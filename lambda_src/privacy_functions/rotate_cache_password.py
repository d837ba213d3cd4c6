"""Gives Valkey's user a new password beside the old one, in Secrets Manager's four steps.

A user of ElastiCache may have two passwords. The one before stays good until the next rotation, so
that tasks which hold it, read when they started, go on connecting.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from typing import Any

import boto3

from privacy_functions.secret_versions import CURRENT, PENDING, SecretVersions, random_text

_LETTERS = 64
_PAUSE_SECONDS = 5.0


class UserNotChanged(RuntimeError):
    """ElastiCache did not bring the user back to `active`."""


def handler(event: Mapping[str, Any], context: Any) -> None:
    """Source: AWS Secrets Manager User Guide, "Rotation by Lambda function"."""
    versions = SecretVersions(
        boto3.client("secretsmanager"), event["SecretId"], event["ClientRequestToken"]
    )
    match event["Step"]:
        case "createSecret":
            versions.create(_with_new_password)
        case "setSecret":
            _give(versions)
        case "testSecret":
            _wait(boto3.client("elasticache"), context)
        case "finishSecret":
            versions.finish()


def _with_new_password(held: str) -> str:
    return json.dumps({**json.loads(held), "password": random_text(_LETTERS)})


def _give(versions: SecretVersions) -> None:
    passwords = [json.loads(versions.read(stage))["password"] for stage in (PENDING, CURRENT)]
    boto3.client("elasticache").modify_user(
        UserId=os.environ["VALKEY_USER_ID"], Passwords=passwords
    )


def _wait(client: Any, context: Any) -> None:
    """Until the user has both. Raises UserNotChanged when the function's time is nearly up."""
    while True:
        [user] = client.describe_users(UserId=os.environ["VALKEY_USER_ID"])["Users"]
        if user["Status"] == "active" and user["Authentication"]["PasswordCount"] == 2:
            return
        if context.get_remaining_time_in_millis() < 2_000 * _PAUSE_SECONDS:
            raise UserNotChanged(f"the user is {user['Status']}")
        time.sleep(_PAUSE_SECONDS)
