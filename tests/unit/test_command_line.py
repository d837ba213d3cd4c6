"""What a command of the operator waits for before it does anything."""

import subprocess
import sys

import pytest

# Seconds a file.
pytestmark = pytest.mark.slow


def test_no_command_starts_the_cdk():
    """Its library starts a Node process, which takes a second and prints a banner."""
    code = "import sys, ops.cli; sys.exit('jsii' in sys.modules)"

    subprocess.run([sys.executable, "-c", code], check=True)
