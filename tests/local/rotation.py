"""A rotation as Secrets Manager takes it."""

from __future__ import annotations

import uuid

from tests.local.invocation import invoke
from tests.local.local_platform import LocalPlatform

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")


def rotate(platform: LocalPlatform, function: str, secret: str, version: str | None = None) -> str:
    """By the outputs that name both. Its version, with which each step may be taken again.

    Raises FunctionFailed.
    """
    token = version or str(uuid.uuid4())
    for step in STEPS:
        event = {
            "Step": step,
            "SecretId": platform.outputs[secret],
            "ClientRequestToken": token,
        }
        invoke(platform, function, event)
    return token
