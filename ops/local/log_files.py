"""Logs of the platform's processes: bounded files, each line with its process's name."""

from __future__ import annotations

import threading
from pathlib import Path

LARGEST_BYTES = 8 * 1024 * 1024


class LogFile:
    """Appends lines; a full file becomes `<name>.log.1`, whose predecessor goes."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._lock = threading.Lock()
        self._file = path.open("ab")

    def write(self, source: str, line: bytes) -> None:
        entry = source.encode() + b" | " + line.rstrip(b"\r\n") + b"\n"
        with self._lock:
            if self._file.tell() + len(entry) > LARGEST_BYTES:
                self._file.close()
                self._path.replace(self._path.with_suffix(".log.1"))
                self._file = self._path.open("ab")
            self._file.write(entry)
            self._file.flush()


def last_lines(path: Path, count: int) -> list[str]:
    """The end of a log; empty when there is none."""
    try:
        return path.read_text(errors="replace").splitlines()[-count:]
    except FileNotFoundError:
        return []
