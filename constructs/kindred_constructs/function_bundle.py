"""What a function's asset holds: its sources, the core and the wheels of its lock; no Docker."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

Architecture = Literal["arm64", "x86_64", "host"]

RUNTIME_PYTHON = "3.13"
_ROOT = Path(__file__).parents[2]
_CACHE = _ROOT / ".cache" / "functions"
_CORE = ("core_src/kindred", "core_src/kindred_aws")
# The runtime's Amazon Linux 2023 has glibc 2.34.
_PLATFORMS = {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}
# Another layout of the asset is another asset.
_LAYOUT = "2"
# Nothing that runs, and RECORD tells where on this machine the scripts were to go.
_NOT_SHIPPED = (".lock", "RECORD", "bin", "tests", "__pycache__")


class WheelsMissing(Exception):
    """Neither the cache nor the network has the wheels that a lock names."""


@dataclass(frozen=True)
class FunctionBundle:
    """`asset` is a folder of `lambda_src`; with `host` it runs under this very interpreter."""

    asset: str
    architecture: Architecture

    @cached_property
    def digest(self) -> str:
        """Of sources, lock and target: two machines agree on it, whatever an installer writes."""
        return _digest(self._target, self._lock_bytes, *_named_bytes(self._sources()))

    def folder(self) -> Path:
        """The asset, made once and kept. Raises WheelsMissing."""
        return _made_once(_CACHE / f"{self.asset}-{self.digest[:24]}", self._assemble)

    @property
    def sources(self) -> Path:
        return _ROOT / "lambda_src" / self.asset

    @property
    def _target(self) -> str:
        if self.architecture == "host":
            version = ".".join(platform.python_version_tuple()[:2])
            return f"{_LAYOUT} host {sys.platform} {platform.machine()} {version}"
        return f"{_LAYOUT} {_PLATFORMS[self.architecture]} {RUNTIME_PYTHON}"

    @property
    def _lock(self) -> Path:
        return self.sources / "requirements.txt"

    @property
    def _lock_bytes(self) -> bytes:
        return self._lock.read_bytes() if self._lock.exists() else b""

    def _sources(self) -> Iterator[tuple[str, Path]]:
        """Name in the asset, and file."""
        for package in (*_CORE, f"lambda_src/{self.asset}"):
            folder = _ROOT / package
            for path in sorted(folder.rglob("*.py")):
                yield f"{folder.name}/{path.relative_to(folder)}", path

    def _assemble(self, folder: Path) -> None:
        if self._lock_bytes:
            digest = _digest(self._target, self._lock_bytes)
            wheels = _made_once(_CACHE / f"wheels-{digest[:24]}", self._install)
            # Linked, not copied: scipy alone is 90 MB, and nothing writes here.
            shutil.copytree(wheels, folder, copy_function=os.link, dirs_exist_ok=True)
        for name, path in self._sources():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, folder / name)

    def _install(self, folder: Path) -> None:
        """From the installer's own cache where it has everything, else from the network."""
        for offline in (True, False):
            result = subprocess.run(
                self._installer(folder, offline=offline),
                capture_output=True,
                text=True,
                check=False,
            )
            if result.returncode == 0:
                for left_out in [each for name in _NOT_SHIPPED for each in folder.rglob(name)]:
                    _remove(left_out)
                return
        raise WheelsMissing(
            f"{self._lock.relative_to(_ROOT)}: its wheels for {self._target[2:]} are neither "
            "cached nor to be had; once with a network: .venv/bin/python -m ops.functions_wheels\n"
            f"{result.stderr.strip()}"
        )

    def _installer(self, folder: Path, *, offline: bool) -> list[str]:
        uv = Path(sys.executable).with_name("uv")
        target = (
            ("--python", sys.executable)
            if self.architecture == "host"
            else _of_runtime(_PLATFORMS[self.architecture])
        )
        return [
            *(str(uv), "pip", "install", "--quiet", "--target", str(folder), *target),
            *("--only-binary", ":all:", "--no-deps", "--require-hashes"),
            *("--no-installer-metadata", "--link-mode", "copy", "--no-config"),
            *(["--offline"] if offline else []),
            *("--requirements", str(self._lock)),
        ]


def _made_once(folder: Path, make: Callable[[Path], None]) -> Path:
    """Made beside its place and moved there, so that a half-made one is never taken."""
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix="making-") as making:
            made = Path(making) / "made"
            made.mkdir()
            make(made)
            try:
                made.rename(folder)
            except OSError:
                # Another synthesis has made the same meanwhile.
                if not folder.exists():
                    raise
    return folder


def _of_runtime(wheels: str) -> tuple[str, ...]:
    return ("--python-version", RUNTIME_PYTHON, "--python-platform", wheels)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _named_bytes(files: Iterator[tuple[str, Path]]) -> Iterator[str | bytes]:
    for name, path in files:
        yield name
        yield path.read_bytes()


def _digest(*parts: str | bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(len(content).to_bytes(8))
        digest.update(content)
    return digest.hexdigest()
