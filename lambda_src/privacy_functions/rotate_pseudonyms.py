"""Adds a generation to the secret of pseudonyms."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from kindred.privacy.generations import read_pseudonyms, rotated
from privacy_functions.rotation import take_step
from privacy_functions.secret_versions import CURRENT, PENDING, SecretVersions, random_text

_KEY_LETTERS = 64


def handler(event: Mapping[str, Any], _context: object) -> None:
    """Nobody is given it: who makes pseudonyms reads the secret again by itself."""
    take_step(event, make=_with_another, test=_test)


def _with_another(held: str) -> str:
    return rotated(
        held,
        key=random_text(_KEY_LETTERS),
        now=datetime.now(UTC),
        keep=timedelta(days=int(os.environ["KEEP_DAYS"])),
    )


def _test(versions: SecretVersions) -> None:
    """Every pseudonym of today must be what it was."""
    now = datetime.now(UTC)
    new, held = (read_pseudonyms(versions.read(stage)) for stage in (PENDING, CURRENT))
    if new.of("unit", at=now) != held.of("unit", at=now):
        raise ValueError("the new version changes pseudonyms that are in force")
