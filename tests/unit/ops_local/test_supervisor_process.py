"""When `up` gives a deployment up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ops.local.settings import LocalSettings
from ops.local.state_files import write_json
from ops.local.supervisor_process import PlatformFailed, await_services


def settings(state: Path) -> LocalSettings:
    return LocalSettings(root=state, state=state, emulator_port=1, start_port=2, cache_port=3)


def task(name: str, **changes: Any) -> dict[str, Any]:
    usual = {"service": "similarity", "state": "healthy", "restarts": 0, "problem": None}
    return {"name": name, **usual, **changes}


def publish(state: Path, *tasks: dict[str, Any], then: str) -> None:
    write_json(
        settings(state).platform_file, {"generation": 2, "state": then, "processes": list(tasks)}
    )


def test_a_task_that_keeps_failing_fails_the_deployment_with_its_reason(tmp_path: Path) -> None:
    failing = task("similarity-2", state="waiting to start again", restarts=9, problem="no access")
    publish(tmp_path, failing, then="starting")

    with pytest.raises(PlatformFailed, match="similarity-2 does not start: no access"):
        await_services(settings(tmp_path), generation=2, say=lambda _: None)


def test_what_an_earlier_deployment_left_failing_is_not_held_against_this_one(
    tmp_path: Path,
) -> None:
    leaving = task("similarity-2", state="leaving", restarts=9, problem="no access")
    publish(tmp_path, leaving, task("similarity-3", state="starting"), then="starting")

    def settles(_: str) -> None:
        publish(tmp_path, task("similarity-3"), then="ready")

    assert await_services(settings(tmp_path), generation=2, say=settles)["state"] == "ready"
