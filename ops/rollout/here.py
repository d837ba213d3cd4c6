"""The rollout API of the platform that runs on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError

from kindred_aws.artefact_store import ArtefactNotFound
from ops.local.deploy import local_api_url
from ops.local.operator_credentials import PlatformNotRunning
from ops.local.running_platform import RunningPlatform, running_platform
from ops.local.users import NoSuchUser
from ops.rollout.api import Access, RolloutApi, RolloutRefused
from ops.terminal import RESULTS, failed

StateDir = Annotated[Path, typer.Option(envvar="KINDRED_STATE_DIR")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON, for a program to read.")]


def rollout_api(state_dir: Path) -> RolloutApi:
    """Raises PlatformNotRunning."""
    platform = running_platform(state_dir)
    return RolloutApi(Access(url=rollout_url(platform), token=platform.token))


def rollout_url(platform: RunningPlatform) -> str:
    given = platform.output("RolloutApiUrl")
    return local_api_url(given, emulator_url=platform.settings.emulator_url)


def say(line: str) -> None:
    RESULTS.print(line, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def answering() -> Iterator[None]:
    """What goes wrong is said in its own words; exit status 1."""
    try:
        yield
    except (
        ArtefactNotFound,
        BotoCoreError,
        ClientError,
        NoSuchUser,
        PlatformNotRunning,
        RolloutRefused,
    ) as error:
        raise failed(str(error)) from error
