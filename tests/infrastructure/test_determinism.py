"""Synthesis is the same every time, and needs neither network nor anything of AWS."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.infrastructure.synthesized import ROOT, bare_environment, without_network


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_python_alone_and_without_network_gives_what_the_command_line_gave(assembly, tmp_path):
    """It reads no `cdk.json` by itself, and would synthesize with other feature flags."""
    network_taken = without_network()

    result = subprocess.run(
        [*network_taken, sys.executable, "-m", "tests.infrastructure.unbundled_app"],
        cwd=ROOT,
        env={
            **bare_environment(),
            "CDK_OUTDIR": str(tmp_path),
            "CDK_CONTEXT_JSON": '{"environment": "prod,extreme"}',
            "CDK_VALIDATION": "false",
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stderr
    for stage in ("Kindred-prod", "Kindred-extreme"):
        first, second = (contents(each / f"assembly-{stage}") for each in (assembly, tmp_path))
        assert first.keys() == second.keys()
        assert [name for name in first if first[name] != second[name]] == []
    if not network_taken:
        pytest.skip("the same bytes; but this machine cannot take the network from a process")


def test_nothing_of_the_machine_is_in_the_assembly(assembly):
    own = [str(ROOT).encode(), str(Path.home()).encode() + b"/", b"dummy1a"]
    files = {
        name: text for name, text in contents(assembly).items() if not name.startswith("asset.")
    }

    assert [name for name, text in files.items() if any(word in text for word in own)] == []
