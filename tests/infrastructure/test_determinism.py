"""Synthesis is the same every time, and needs neither network nor anything of AWS."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.infrastructure.synthesized import ROOT, UNBUNDLED, bare_environment, run_cdk


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def without_network() -> tuple[str, ...]:
    prefix = ("unshare", "--map-root-user", "--net")
    if not shutil.which("unshare"):
        return ()
    tried = subprocess.run([*prefix, "true"], capture_output=True, check=False)
    return prefix if tried.returncode == 0 else ()


def test_a_second_synthesis_without_network_is_byte_for_byte_the_first(assembly, extreme, tmp_path):
    prefix = without_network()
    if not prefix:
        pytest.skip("this machine cannot take the network from a process")
    again = tmp_path / "again"

    result = run_cdk(again, "--context", "environment=prod,extreme", *UNBUNDLED, prefix=prefix)

    assert result.returncode == 0, result.stderr
    for stage, before in (("Kindred-prod", assembly), ("Kindred-extreme", extreme.assembly)):
        first, second = (
            contents(before / f"assembly-{stage}"),
            contents(again / f"assembly-{stage}"),
        )
        assert first.keys() == second.keys()
        assert [name for name in first if first[name] != second[name]] == []


def test_python_alone_gives_the_templates_of_the_command_line(assembly, tmp_path):
    """It reads no `cdk.json` by itself, and would synthesize with other feature flags."""
    result = subprocess.run(
        [sys.executable, "-m", "tests.infrastructure.unbundled_app"],
        cwd=ROOT,
        env={
            **bare_environment(),
            "CDK_OUTDIR": str(tmp_path),
            "CDK_CONTEXT_JSON": '{"environment": "prod"}',
            "CDK_VALIDATION": "false",
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stderr
    folder = "assembly-Kindred-prod"
    assert contents(tmp_path / folder) == contents(assembly / folder)


def test_nothing_of_the_machine_is_in_the_assembly(assembly):
    own = [str(ROOT).encode(), str(Path.home()).encode() + b"/", b"dummy1a"]
    files = {
        name: text for name, text in contents(assembly).items() if not name.startswith("asset.")
    }

    assert [name for name, text in files.items() if any(word in text for word in own)] == []
