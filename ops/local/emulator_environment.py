"""Virtual environments of the emulator and of its functions, made when their locks change."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from uv import find_uv_bin

from ops.file_lock import alone

EMULATOR = Path(__file__).parent / "emulator"
LOCK = EMULATOR / "requirements.txt"
FUNCTION_LOCK = EMULATOR / "function_requirements.txt"


class EmulatorNotInstalled(Exception):
    """An environment could not be made."""


def emulator_python(root: Path) -> Path:
    """The interpreter of the emulator's environment, which is brought up to date first."""
    return _interpreter(root, root / ".emulator-venv", LOCK)


def function_python(root: Path) -> Path:
    """The interpreter that functions run under: it knows what AWS's runtime does, and no more."""
    return _interpreter(root, root / ".cache" / "function-venv", FUNCTION_LOCK)


def _interpreter(root: Path, environment: Path, lock: Path) -> Path:
    python = environment / "bin" / "python"
    stamp = environment / "lock.sha256"
    wanted = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()
    with alone(root / ".cache" / f"{environment.name.lstrip('.')}.making"):
        if not (python.exists() and stamp.exists() and stamp.read_text() == wanted):
            _make(environment, python, lock)
            stamp.write_text(wanted)
    return python


def _make(environment: Path, python: Path, lock: Path) -> None:
    uv = find_uv_bin()
    _run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(environment))
    _run(
        uv,
        *("pip", "sync", "--quiet", "--require-hashes", "--compile-bytecode"),
        *("--python", str(python), str(lock)),
    )


def _run(*command: str) -> None:
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    if finished.returncode:
        raise EmulatorNotInstalled(
            f"`{' '.join(command)}` ended with {finished.returncode}: {finished.stderr.strip()}"
        )
