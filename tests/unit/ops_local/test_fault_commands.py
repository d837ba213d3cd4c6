"""`kindred local fault`, against a local SageMaker of the test's own."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from ops.local import bring_up, fault_commands
from ops.local.operator_credentials import create_operator, sagemaker_key
from ops.local.outcomes import FAILED, NOT_RUNNING
from ops.local.ports import free_port
from ops.local.sagemaker.faults import FAULTS, Faults
from ops.local.sagemaker.http_server import SageMakerServer
from ops.local.sagemaker.in_process import LocalSageMaker
from ops.local.sagemaker.pace import Pace
from ops.local.settings import LocalSettings
from ops.local.state_files import write_json

POLL_SECONDS = 0.01


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def fault(
    faults: Faults, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Result]]:
    """The command, on a platform whose supervisor seems to run."""
    for module in (bring_up, fault_commands):
        monkeypatch.setattr(module, "find_supervisor", lambda _: object())
    settings = LocalSettings(root=tmp_path, state=tmp_path, sagemaker_port=free_port())
    create_operator(settings)
    write_json(settings.ports_file, dict(settings.ports))
    server = SageMakerServer(
        settings.sagemaker_port,
        sagemaker_key(settings),
        control_plane=LocalSageMaker().control_plane,
        faults=faults,
        pace=Pace(),
        describe_models=list,
    )
    threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,), daemon=True).start()
    yield lambda *words: CliRunner().invoke(
        fault_commands.app, [*words, "--state-dir", str(tmp_path)]
    )
    server.shutdown()
    server.server_close()


def test_a_fault_is_switched_on_where_it_is_wanted_and_off_again(
    fault: Callable[..., Result], faults: Faults
) -> None:
    on = fault("on", "slow-model", "--variant", "canary-*", "--milliseconds", "250")

    assert on.exit_code == 0
    found = faults.find("slow-model", "e", "canary-1")
    assert found is not None
    assert found.milliseconds == 250
    assert faults.find("slow-model", "e", "production") is None
    assert fault("off", "slow-model").exit_code == 0
    assert faults.describe() == []


def test_the_list_names_every_fault_and_what_is_on(fault: Callable[..., Result]) -> None:
    fault("on", "failing-model", "--share", "0.25")
    listed = fault("list").output

    assert all(name in listed for name in FAULTS)
    assert "*/*, 25% of requests" in listed
    assert json.loads(fault("list", "--json").output)[0]["name"] == "failing-model"


def test_a_mistake_is_answered_with_what_is_allowed(fault: Callable[..., Result]) -> None:
    unknown = fault("on", "flood")

    assert unknown.exit_code == FAILED
    assert "one of slow-model" in unknown.output
    assert "above 0, at most 1" in fault("on", "slow-model", "--share", "2").output


def test_without_a_platform_nothing_is_switched(tmp_path: Path) -> None:
    answer = CliRunner().invoke(
        fault_commands.app, ["on", "slow-model", "--state-dir", str(tmp_path)]
    )

    assert answer.exit_code == NOT_RUNNING
    assert "no platform runs" in answer.output
