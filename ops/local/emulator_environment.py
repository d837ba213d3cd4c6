"""The emulator's own virtual environment, made once and again when its lock changes."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from uv import find_uv_bin

EMULATOR = Path(__file__).parent / "emulator"
LOCK = EMULATOR / "requirements.txt"


class EmulatorNotInstalled(Exception):
    """The emulator's environment could not be made."""


def emulator_python(root: Path) -> Path:
    """The interpreter of the emulator's environment, which is brought up to date first."""
    environment = root / ".emulator-venv"
    python = environment / "bin" / "python"
    stamp = environment / "lock.sha256"
    wanted = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return python
    uv = find_uv_bin()
    _run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(environment))
    _run(
        uv,
        *("pip", "sync", "--quiet", "--require-hashes", "--compile-bytecode"),
        *("--python", str(python), str(LOCK)),
    )
    stamp.write_text(wanted)
    return python


def _run(*command: str) -> None:
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    if finished.returncode:
        raise EmulatorNotInstalled(
            f"`{' '.join(command)}` ended with {finished.returncode}: {finished.stderr.strip()}"
        )
