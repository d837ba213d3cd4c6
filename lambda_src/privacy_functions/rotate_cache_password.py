"""Gives Valkey's user a new password beside the old one.

A user of ElastiCache may have two passwords. The one before stays good until the next rotation, so
that tasks which hold it, read when they started, go on connecting.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

import boto3

from privacy_functions.rotation import take_step, with_new_password
from privacy_functions.secret_versions import CURRENT, PENDING, SecretVersions

_PAUSE_SECONDS = 5.0


class UserNotChanged(RuntimeError):
    """ElastiCache did not bring the user back to `active`."""


def handler(event: Mapping[str, Any], context: Any) -> None:
    take_step(event, make=with_new_password, give=_give, test=partial(_wait, context))


def _give(versions: SecretVersions) -> None:
    boto3.client("elasticache").modify_user(
        UserId=os.environ["VALKEY_USER_ID"], Passwords=_passwords(versions)
    )


def _wait(context: Any, versions: SecretVersions) -> None:
    """Until the user has both. Raises UserNotChanged when the function's time is nearly up.

    Where Secrets Manager only tries the function, both are one.
    """
    client, wanted = boto3.client("elasticache"), len(set(_passwords(versions)))
    while True:
        [user] = client.describe_users(UserId=os.environ["VALKEY_USER_ID"])["Users"]
        if user["Status"] == "active" and user["Authentication"]["PasswordCount"] >= wanted:
            return
        if context.get_remaining_time_in_millis() < 2_000 * _PAUSE_SECONDS:
            raise UserNotChanged(f"the user is {user['Status']}")
        time.sleep(_PAUSE_SECONDS)


def _passwords(versions: SecretVersions) -> list[str]:
    return [json.loads(versions.read(stage))["password"] for stage in (PENDING, CURRENT)]
