"""The OpenTelemetry collector of AWS, with our configurations in it."""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_ecr_assets as ecr_assets
from constructs import Construct

_ROOT = Path(__file__).parents[2]
_EXCLUDE = ("*", "!telemetry")
# Asks the collector's own health check, which no shell is there to do.
HEALTH_CHECK = ("CMD", "/healthcheck")
USER = "10001"


class CollectorImage(ecr_assets.DockerImageAsset):
    def __init__(self, scope: Construct, construct_id: str, *, arm: bool) -> None:
        super().__init__(
            scope,
            construct_id,
            directory=str(_ROOT),
            file="telemetry/Dockerfile",
            platform=ecr_assets.Platform.LINUX_ARM64 if arm else ecr_assets.Platform.LINUX_AMD64,
            exclude=list(_EXCLUDE),
            ignore_mode=cdk.IgnoreMode.DOCKER,
        )


def configured(name: str) -> list[str]:
    """The container's command: one of the configurations in `telemetry`."""
    return [f"--config=/etc/kindred/{name}.yaml"]
