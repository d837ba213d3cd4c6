"""What a command of the operator waits for before it does anything."""

import subprocess
import sys

import pytest

# Seconds a file.
pytestmark = pytest.mark.slow


def test_no_command_starts_the_cdk():
    """Its library starts a Node process, which takes a second and prints a banner."""
    every = "for module in ops.cli.VERBS.values(): importlib.import_module(module)"
    code = f"import importlib, sys, ops.cli\n{every}\nsys.exit('jsii' in sys.modules)"

    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_command_loads_what_it_needs_and_not_what_others_do():
    """Arithmetic of fitting and reports takes longer to load than most commands take."""
    loads = {"scipy", "sklearn", "pyarrow", "stacks.environment"}
    code = (
        "import sys\nfrom ops.cli import app\n"
        "try: app(['local', 'status', '--help'])\n"
        f"finally: assert not {loads} & set(sys.modules), {loads} & set(sys.modules)"
    )

    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_verb_offers_what_it_does_and_nothing_of_the_shell():
    told = subprocess.run(
        [sys.executable, "-c", "from ops.cli import app; app(['drill', '--help'])"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout

    assert "failover" in told
    assert "completion" not in told
