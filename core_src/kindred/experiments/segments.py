"""The parts of the traffic by which an experiment's results are split."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

LONGEST_VALUE = 64


def segment_values(names: Iterable[str], attributes: Mapping[str, Any]) -> dict[str, str]:
    """The named attributes as an exposure carries them: plain values only, as text, cut at
    `LONGEST_VALUE` characters."""
    return {
        name: _text(value)[:LONGEST_VALUE]
        for name in names
        if isinstance(value := attributes.get(name), str | int | float)
    }


def _text(value: str | float) -> str:
    """Half a character, as texts have that were cut in JavaScript, becomes a question mark."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text.encode(errors="replace").decode()
