"""A store in a directory, and a quick way to write an import file."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.catalogue.stores import DirectoryStore


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "store")


@pytest.fixture
def write_rows(tmp_path: Path) -> Callable[..., Path]:
    """Writes rows as JSON lines, each with an id and a name unless it says otherwise."""

    def write(*rows: dict[str, object], file: str = "apps.jsonl") -> Path:
        path = tmp_path / file
        lines = [
            json.dumps({"app_id": f"app-{number}", "name": f"App {number}", **row})
            for number, row in enumerate(rows)
        ]
        path.write_text("\n".join(lines) + "\n")
        return path

    return write
