"""A second opinion on every template."""

import json
import subprocess
import sys
from pathlib import Path

CFN_LINT = Path(sys.executable).with_name("cfn-lint")
# The library states an order of creation even where a reference states it too.
IGNORED = ("W3005",)


def test_cfn_lint_has_nothing_to_say(platforms):
    files = [
        str(path) for platform in platforms.values() for path in platform.template_files.values()
    ]
    command = [str(CFN_LINT), "--format", "json", "--ignore-checks", *IGNORED]

    result = subprocess.run(
        [*command, "--template", *files], capture_output=True, text=True, check=False
    )

    said = [
        f"{each['Rule']['Id']} {each['Filename']}: {each['Message']}"
        for each in json.loads(result.stdout)
    ]
    assert said == []
    assert result.returncode == 0, result.stderr
