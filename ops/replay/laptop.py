"""How to reach the platform that runs on this machine."""

from __future__ import annotations

from pathlib import Path

import boto3

from ops.local.bring_up import running_settings
from ops.local.operator_credentials import become_operator
from ops.local.settings import LocalSettings
from ops.local.state_files import read_json
from ops.local.users import fresh_token
from ops.replay.api import Access, PlatformRefused

ROOT = Path(__file__).parents[2]


def laptop_access(state: Path) -> Access:
    """Raises PlatformRefused where none runs."""
    settings = running_settings(LocalSettings(root=ROOT, state=state.resolve()))
    platform = read_json(settings.platform_file)
    if platform is None or platform.get("state") != "ready":
        raise PlatformRefused(
            f"no platform is ready in {settings.state}: start one with `make up`, or give "
            "--api-url, --api-key and --token of another"
        )

    def token() -> str:
        become_operator(settings)
        return fresh_token(
            boto3.client("cognito-idp"),
            role="experimenter",
            app=platform["user_pool_client_id"],
            file=settings.users_file,
            kind="id",
        )

    return Access(api_url=platform["api_url"], api_key=platform["api_key"], token=token)
