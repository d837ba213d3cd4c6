"""Judges a canary by what it and the baseline did since the last confirmed shift of weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast, get_args

Verdict = Literal["pass", "fail", "inconclusive", "no_data"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """`reasons` are for people, the gravest first; `figures` are what they were taken from."""

    verdict: Verdict
    reasons: tuple[str, ...]
    figures: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict,
            "reasons": list(self.reasons),
            "figures": dict(self.figures),
        }


def judgement_from_json(found: Mapping[str, Any]) -> Judgement:
    """Raises KeyError or ValueError for what `to_json` did not write."""
    verdict = found["verdict"]
    if verdict not in get_args(Verdict):
        raise ValueError(f"verdict: given {verdict!r}, allowed {', '.join(get_args(Verdict))}")
    return Judgement(
        verdict=cast("Verdict", verdict),
        reasons=tuple(found["reasons"]),
        figures={name: float(value) for name, value in found["figures"].items()},
    )
