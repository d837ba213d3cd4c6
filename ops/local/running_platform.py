"""The platform that runs on this machine, as a command of the operator reaches it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from ops.local.bring_up import running_settings
from ops.local.operator_credentials import PlatformNotRunning, become_operator
from ops.local.settings import LocalSettings
from ops.local.state_files import read_json
from ops.local.users import fresh_token

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class RunningPlatform:
    """What its file says; with it the process is the operator of its account."""

    settings: LocalSettings
    content: Mapping[str, Any]

    @property
    def api_url(self) -> str:
        return str(self.content["api_url"])

    @property
    def api_key(self) -> str:
        return str(self.content["api_key"])

    def output(self, name: str) -> str:
        """Of a stack. Raises KeyError."""
        return str(self.content["outputs"][name])

    def token(self, role: str) -> str:
        """A fresh one of the role's user. Raises NoSuchUser."""
        return fresh_token(
            boto3.client("cognito-idp"),
            role=role,
            app=self.content["user_pool_client_id"],
            file=self.settings.users_file,
            kind="id",
        )


def running_platform(state: Path) -> RunningPlatform:
    """Raises PlatformNotRunning."""
    settings = running_settings(LocalSettings(root=ROOT, state=state.resolve()))
    content = read_json(settings.platform_file)
    if content is None or content.get("state") != "ready":
        raise PlatformNotRunning(
            f"no platform is ready in {settings.state}: start one with `make up`, or name another"
        )
    become_operator(settings)
    return RunningPlatform(settings, content)
