"""Print the ends of the logs, and what is added to them."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import BinaryIO

from ops.local.log_files import last_lines

POLL_SECONDS = 0.3


def follow_logs(folder: Path, *, only: str | None, lines: int, follow: bool) -> None:
    """Every log of the folder, or one; with `follow`, until interrupted."""
    positions: dict[Path, BinaryIO] = {}
    for path in _logs(folder, only):
        positions[path] = _at_end(path)
        for line in last_lines(path, lines):
            _print(line)
    while follow:
        time.sleep(POLL_SECONDS)
        for path in _logs(folder, only):
            file = positions.get(path) or path.open("rb")
            for added in file:
                _print(added.decode(errors="replace").rstrip("\n"))
            # A full log was renamed: the rest of the old one is read, the new one begins.
            positions[path] = file if _is_same(file, path) else path.open("rb")


def _logs(folder: Path, only: str | None) -> list[Path]:
    return sorted(path for path in folder.glob("*.log") if only in (None, path.stem))


def _at_end(path: Path) -> BinaryIO:
    file = path.open("rb")
    file.seek(0, 2)
    return file


def _is_same(file: BinaryIO, path: Path) -> bool:
    try:
        return path.stat().st_size >= file.tell()
    except FileNotFoundError:
        return True


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
