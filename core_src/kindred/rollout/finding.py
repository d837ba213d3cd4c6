"""What one examination of a canary found, in words and figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`failure` is a reason to roll back, `suspicion` one to wait, `comfort` one to go on."""

    failure: str | None = None
    suspicion: str | None = None
    comfort: str | None = None
    figures: Mapping[str, float] = field(default_factory=dict)


def percent(share: float) -> str:
    """E.g. "0.35 %": three digits."""
    return f"{100 * share:.3g} %"


def milliseconds(value_ms: float) -> str:
    """E.g. "143 ms", "7.25 ms": three digits, and all of those before the point."""
    return f"{value_ms:,.0f} ms" if value_ms >= 100 else f"{value_ms:.3g} ms"
