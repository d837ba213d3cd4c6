"""Sample-ratio mismatch: did the arms get the shares of units that they were meant to get?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from scipy import special

FLAGGED_BELOW = 0.01
BLOCKED_BELOW = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRatio:
    chi_square: float
    p_value: float

    @property
    def verdict(self) -> Literal["ok", "flagged", "blocked"]:
        if self.p_value < BLOCKED_BELOW:
            return "blocked"
        return "flagged" if self.p_value < FLAGGED_BELOW else "ok"


def sample_ratio(units: Mapping[str, int], weights: Mapping[str, float]) -> SampleRatio:
    """Pearson's chi-square of the arms' units against their weights, which need not sum to 1.

    An arm of weight zero takes no part unless it has units: then nothing can explain them.
    """
    weight, seen = sum(weights.values()), sum(units.get(arm, 0) for arm in weights)
    if any(units.get(arm, 0) and not share for arm, share in weights.items()):
        return SampleRatio(chi_square=float("inf"), p_value=0.0)
    expected = {arm: seen * share / weight for arm, share in weights.items() if share}
    if seen == 0 or len(expected) < 2:
        return SampleRatio(chi_square=0.0, p_value=1.0)
    chi_square = sum((units.get(arm, 0) - mean) ** 2 / mean for arm, mean in expected.items())
    return SampleRatio(
        chi_square=chi_square, p_value=float(special.chdtrc(len(expected) - 1, chi_square))
    )
