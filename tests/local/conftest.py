"""One platform for the session, with the generated catalogue; taken down whatever happens."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.file_lock import alone
from tests.infrastructure.synthesized import CDK, ROOT, bare_environment
from tests.local.kept_logs import keep_logs
from tests.local.local_platform import LocalPlatform

# Processes of pytest-xdist ignore it, and so would a command that a test interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def local_assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for every process of a run."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    output = shared / "assembly" / "local"
    with alone(shared / "assembly.lock"):
        if not output.exists():
            _synthesize(output)
    return output


def _synthesize(output: Path) -> None:
    # The templates' own tests synthesize with policy; here only the templates are wanted.
    result = subprocess.run(
        [
            *(str(CDK), "synth", "--quiet", "--no-lookups"),
            *("--context", "environment=local", "--output", str(output)),
        ],
        cwd=ROOT,
        env={**bare_environment(), "CDK_VALIDATION": "false"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr


@pytest.fixture(scope="session")
def platform(
    request: pytest.FixtureRequest, local_assembly: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LocalPlatform]:
    platform = LocalPlatform(tmp_path_factory.mktemp("platform") / "state", local_assembly)
    try:
        up = platform.up()
        assert up.returncode == 0, up.stderr
        yield platform
    finally:
        try:
            if request.session.testsfailed:
                keep_logs(platform, tmp_path_factory.mktemp("logs"))
        finally:
            platform.down()


@pytest.fixture
def own_platform(local_assembly: Path, tmp_path: Path) -> Iterator[LocalPlatform]:
    """One that a test may break."""
    platform = LocalPlatform(tmp_path / "state", local_assembly)
    try:
        yield platform
    finally:
        platform.down()
