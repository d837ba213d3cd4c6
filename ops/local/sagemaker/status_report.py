"""What runs here, in a file that the supervisor and a person's commands read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ops.local.state_files import write_json


class StatusReport:
    """Written when something in it changed."""

    def __init__(self, path: Path, describe: Callable[[], dict[str, Any]]) -> None:
        self._path, self._describe = path, describe
        self._published: dict[str, Any] = {}

    def publish(self) -> None:
        content = self._describe()
        if content != self._published:
            write_json(self._path, content)
            self._published = content
