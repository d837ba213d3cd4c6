"""The asset of the edge functions: their sources, the engine, and the configuration baked in."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

# CloudFront's limit for a function that answers viewers, zipped; we keep to it unzipped.
MOST_BYTES = 1_000_000

_ROOT = Path(__file__).parents[2]
_CACHE = _ROOT / ".cache" / "edge"
_FUNCTIONS = _ROOT / "lambda_src" / "edge_functions"
_CORE = _ROOT / "core_src"
_NEEDED = (
    "kindred/__init__.py",
    "kindred/experiments/__init__.py",
    "kindred/experiments/bucketing.py",
    "kindred/experiments/split_url.py",
    "kindred/experiments/engine/*.py",
)


class InvalidEdgeConfiguration(ValueError):
    """What cannot be baked in; the message says what was given and what is allowed."""


class EdgeBundle:
    """Two machines give the same `digest` for the same sources and configuration."""

    def __init__(self, configuration: Mapping[str, Any]) -> None:
        """Raises InvalidEdgeConfiguration for a variation that leads to no configured host."""
        _check(configuration)
        text = json.dumps(configuration, sort_keys=True, separators=(",", ":"))
        self._files = {
            "edge_functions/configuration.json": text.encode(),
            **{name: path.read_bytes() for name, path in _sources()},
        }
        size = sum(map(len, self._files.values()))
        if size > MOST_BYTES:
            raise InvalidEdgeConfiguration(
                f"bundle: given {size} bytes, allowed {MOST_BYTES}; "
                f"{len(text)} of them are the configuration"
            )
        digest = hashlib.sha256()
        for name, content in sorted(self._files.items()):
            digest.update(f"{name}:{len(content)}:".encode() + content)
        self.digest = digest.hexdigest()

    def folder(self) -> Path:
        """The asset, made once and kept."""
        folder = _CACHE / self.digest[:24]
        if not folder.exists():
            _CACHE.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=_CACHE, prefix="making-") as making:
                made = Path(making) / "made"
                self.write(made)
                # Another synthesis may have made the same meanwhile.
                if not folder.exists():
                    shutil.move(made, folder)
        return folder

    def write(self, folder: Path) -> None:
        for name, content in self._files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)


def _sources() -> Iterator[tuple[str, Path]]:
    """Name in the asset, and file."""
    for path in sorted(_FUNCTIONS.glob("*.py")):
        yield f"edge_functions/{path.name}", path
    for pattern in _NEEDED:
        for path in sorted(_CORE.glob(pattern)):
            yield str(path.relative_to(_CORE)), path


def _check(configuration: Mapping[str, Any]) -> None:
    hosts = configuration["hosts"]
    for experiment in configuration["payload"].get("experiments", ()):
        for value in experiment["variations"]:
            target = urlsplit(value.get("urlRedirect") or "")
            absolute = bool(target.scheme or target.netloc)
            if absolute and (target.scheme != "https" or target.hostname not in hosts):
                raise InvalidEdgeConfiguration(
                    f"experiment {experiment['key']}: given {target.geturl()}, "
                    f"allowed https and one of {', '.join(hosts)}"
                )
