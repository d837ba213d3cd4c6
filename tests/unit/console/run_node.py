"""Runs a page's modules where there is no browser: what a test stands in for, it says itself."""

import json
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[3]
CONSOLE = ROOT / "console"


def in_node(script):
    """What the script's `result` is; `console` is the folder's address, for imports."""
    source = f"const folder = {json.dumps(CONSOLE.as_uri())};\n{script}\n"
    source += "process.stdout.write(JSON.stringify(result ?? null));\n"
    ran = subprocess.run(
        ["node", "--input-type=module", "-"],
        input=source,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)
