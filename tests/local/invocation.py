"""Functions as the operator invokes them, and as a container ends."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import psutil

from tests.local.local_platform import LocalPlatform, wait_until


class FunctionFailed(AssertionError):
    """What the function raised."""


def invoke(platform: LocalPlatform, output: str, event: dict[str, Any]) -> Any:
    """The answer of the function whose name is in this output. Raises FunctionFailed."""
    answer = platform.aws("lambda").invoke(
        FunctionName=platform.outputs[output], Payload=json.dumps(event)
    )
    content = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise FunctionFailed(content)
    return content


def containers_of(platform: LocalPlatform, output: str) -> list[psutil.Process]:
    """Its execution environments."""
    found = []
    for pid in platform.processes():
        with suppress(psutil.Error):
            process = psutil.Process(pid)
            if process.environ().get("AWS_LAMBDA_FUNCTION_NAME") == platform.outputs[output]:
                found.append(process)
    return found


def end_containers(platform: LocalPlatform, output: str) -> None:
    """The next call meets a cold start, and nothing of what was held."""
    containers = containers_of(platform, output)
    for process in containers:
        process.kill()
    # The emulator, whose children they are, takes note of it when it next needs one.
    wait_until(lambda: all(process.status() == psutil.STATUS_ZOMBIE for process in containers))
