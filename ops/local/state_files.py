"""Small JSON files that several processes read while one writes them."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ops.local.settings import LocalSettings

OWNER_ONLY = 0o600


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Replace the file in one step, so that a reader sees the old or the new one, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file, indent=2)
        file.write("\n")
    partial.replace(path)


def read_json(path: Path) -> dict[str, Any] | None:
    """The file's content; None when it is missing or was never completed."""
    try:
        content = json.loads(path.read_text())
    except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError):
        return None
    return content if isinstance(content, dict) else None


def clear_state(settings: LocalSettings) -> None:
    """Forget the platform that was, but for its logs: they may say why it went down."""
    if not settings.state.exists():
        return
    for path in settings.state.iterdir():
        if path == settings.logs:
            shutil.rmtree(settings.earlier_logs, ignore_errors=True)
            path.rename(settings.earlier_logs)
        elif path.is_dir() and path != settings.earlier_logs:
            shutil.rmtree(path, ignore_errors=True)
        elif path != settings.earlier_logs:
            path.unlink(missing_ok=True)
