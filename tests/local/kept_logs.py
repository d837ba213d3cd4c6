"""What a platform on which a test failed leaves to read."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from tests.local.local_platform import LocalPlatform


def keep_logs(platform: LocalPlatform, folder: Path) -> None:
    """Its processes' logs, and its functions' as far as the emulator still tells them."""
    if platform.settings.logs.exists():
        shutil.copytree(platform.settings.logs, folder / "processes")
    with suppress(BotoCoreError, ClientError):
        _keep_groups(platform, folder)


def _keep_groups(platform: LocalPlatform, folder: Path) -> None:
    logs = platform.aws("logs")
    groups = logs.get_paginator("describe_log_groups").paginate()
    for name in [group["logGroupName"] for page in groups for group in page["logGroups"]]:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=name)
        lines = [event["message"].rstrip() for page in pages for event in page["events"]]
        if lines:
            file = folder / f"{name.strip('/').replace('/', '.')}.log"
            file.write_text("\n".join(lines))
