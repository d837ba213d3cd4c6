"""Functions' code on disk, unpacked once for each content: processes share it, as /var/task is."""

from __future__ import annotations

import hashlib
import io
import tempfile
import threading
import zipfile
from pathlib import Path

_unpacking = threading.Lock()


def code_folder(archive: bytes, *, under: Path) -> Path:
    """Where the archive lies unpacked."""
    folder = under / hashlib.sha256(archive).hexdigest()
    with _unpacking:
        if not folder.exists():
            under.mkdir(parents=True, exist_ok=True)
            unfinished = Path(tempfile.mkdtemp(dir=under))
            with zipfile.ZipFile(io.BytesIO(archive)) as opened:
                opened.extractall(unfinished)
            unfinished.rename(folder)
    return folder
