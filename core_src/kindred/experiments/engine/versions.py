"""Semantic versions as text whose order is the versions' order."""

from __future__ import annotations

import re
from typing import Any

from kindred.experiments.engine.attribute_values import is_number, number_text

_PREFIX_AND_BUILD = re.compile(r"^v|\+.*$")
_SEPARATORS = re.compile(r"[-.]")


def sortable(version: Any) -> str:
    """Numbers are padded with spaces; a release sorts after its pre-releases.

    Anything but a text or a number counts as version 0.
    """
    text = number_text(version) if is_number(version) else version
    if not isinstance(text, str) or not text:
        text = "0"
    parts = _SEPARATORS.split(_PREFIX_AND_BUILD.sub("", text))
    if len(parts) == 3:
        # "~" sorts after letters and digits: 1.0.0 comes after 1.0.0-rc.
        parts.append("~")
    return "-".join(part.rjust(5) if part.isascii() and part.isdigit() else part for part in parts)
