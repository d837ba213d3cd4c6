"""Names of embedding models, `v1`, `v2` and so on: also the arms of experiments between them."""

from __future__ import annotations

import re

LAST = 999
PATTERN = r"^v[1-9][0-9]{0,2}$"
ALLOWED = f"v1, v2, ... v{LAST}"
FITTED = ("v1", "v2")  # on a catalogue alone; every later one is trained on what was clicked
LEARNED_ON = "v2"  # by every trained model, whichever serves: each platform fits it
FIRST_TRAINED = "v3"


class InvalidVersion(ValueError):
    """A name that no embedding model can have; the message says what was given and allowed."""


def is_version(given: object) -> bool:
    return isinstance(given, str) and re.fullmatch(PATTERN, given) is not None


def number_of(version: str) -> int:
    """2 of `v2`. Raises InvalidVersion."""
    if not is_version(version):
        raise InvalidVersion(f"version: given {version!r}, allowed {ALLOWED}")
    return int(version[1:])


def is_trained(version: str) -> bool:
    """Raises InvalidVersion."""
    return number_of(version) >= number_of(FIRST_TRAINED)


def next_version(version: str) -> str:
    """`v4` after `v3`. Raises InvalidVersion, also where no name is left."""
    number = number_of(version) + 1
    if number > LAST:
        raise InvalidVersion(f"version: given one after {version}, allowed {ALLOWED}")
    return f"v{number}"
