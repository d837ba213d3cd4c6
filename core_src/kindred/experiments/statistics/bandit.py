"""Traffic by how likely each arm is to be the best: Thompson sampling."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kindred.experiments.statistics.posteriors import Posterior

_DRAWS = 20_000


def thompson_weights(
    arms: Sequence[Posterior], *, rng: np.random.Generator, floor: float = 0.01
) -> tuple[float, ...]:
    """Shares that sum to 1, each at least `floor`, so that no arm is given up for good.

    The same state of `rng` gives the same shares.
    """
    if not 0 <= floor * len(arms) <= 1:
        raise ValueError(
            f"floor: given {floor} for {len(arms)} arms, allowed 0 to {1 / len(arms):.4f}"
        )
    drawn = np.array([arm.draw(rng, _DRAWS) for arm in arms])
    wins = np.bincount(drawn.argmax(axis=0), minlength=len(arms)) / _DRAWS
    shares = floor + (1 - floor * len(arms)) * wins
    return tuple(float(share) for share in shares / shares.sum())
