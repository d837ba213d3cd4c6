"""The operator's credentials in the emulated account, given to a process as its environment."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from typing import TYPE_CHECKING

from ops.local.settings import REGION
from ops.local.state_files import read_json, write_json

if TYPE_CHECKING:
    from ops.local.settings import LocalSettings


class PlatformNotRunning(Exception):
    """There is no platform in this state directory."""


def create_operator(settings: LocalSettings) -> None:
    """New credentials for a new platform: nothing that knows only the port can be the operator."""
    write_json(
        settings.operator_file,
        {
            "access_key_id": f"KINDRED{secrets.token_hex(6).upper()}",
            "secret_access_key": secrets.token_urlsafe(30),
        },
    )


def operator_environment(settings: LocalSettings) -> dict[str, str]:
    """What makes any AWS SDK talk to this platform as its operator."""
    operator = read_json(settings.operator_file)
    if operator is None:
        raise PlatformNotRunning(f"no platform runs in {settings.state}: start one with `make up`")
    return {
        "AWS_ENDPOINT_URL": settings.emulator_url,
        "AWS_ACCESS_KEY_ID": operator["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": operator["secret_access_key"],
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def sagemaker_key(settings: LocalSettings) -> str:
    """What the emulator and the local SageMaker know each other by. Raises PlatformNotRunning."""
    secret = operator_environment(settings)["AWS_SECRET_ACCESS_KEY"]
    return hmac.new(secret.encode(), b"sagemaker", hashlib.sha256).hexdigest()


def clean_environment() -> dict[str, str]:
    """This process's environment without the developer's own AWS settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}


def become_operator(settings: LocalSettings) -> None:
    """From here on every client that this process makes reaches the local platform."""
    wanted = clean_environment() | operator_environment(settings)
    os.environ.clear()
    os.environ.update(wanted)
