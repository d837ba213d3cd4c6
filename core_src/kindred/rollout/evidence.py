"""Evidence that a canary is bad, which may be looked at every minute.

Each window multiplies it by how much better "bad" explains the window than "good" does. Since a
canary may turn bad at any time, the evidence is a mixture over the window in which it did, with
weight 1 / (t (t + 1)) for the t-th: they sum to one, so by Ville's inequality the evidence of a
good canary ever reaches 500 in at most one of 500 steps, however often somebody looks. The
weighted Shiryaev-Roberts statistic; Shin, Ramdas and Rinaldo, "E-detectors" (2024).
"""

from __future__ import annotations

import math
from functools import lru_cache

from kindred.rollout.exact_tests import binomial_tail
from kindred.rollout.window import Latency

# In one of 500 steps by itself, and rarer with the checks in a row that are asked for besides:
# `benchmarks/rollout.py` counts false rollbacks over deployments of ten steps.
ENOUGH = 500.0
_MOST = 1e30
_MOST_LOGARITHM = 60.0

# Good is half of what is allowed and bad three times that: between them a canary may stay.
GOOD = 0.5
BAD = 3.0

# The share of requests that a p99 within its limit allows beyond it.
SLOW_SHARE = 0.01
# Of a slow canary's requests, with how much we expect it: most often its tail alone is slow.
_SLOW_SHARES = ((BAD * SLOW_SHARE, 0.8), (0.15, 0.1), (0.6, 0.1))
_LEAST_PROBABILITY = 1e-9


def grown(evidence: float, look: int, ratio: float) -> float:
    """After one more window; `look` counts them from 1, `ratio` is bad against good."""
    return min(_MOST, (evidence + 1 / (look * (look + 1))) * ratio)


@lru_cache(maxsize=65_536)
def error_ratio(errors: int, requests: int, allowed: float) -> float:
    """How much better an error rate far above `allowed` explains the errors than one below."""
    good, bad = GOOD * allowed, min(BAD * allowed, (1 + allowed) / 2)
    logarithm = errors * math.log(bad / good)
    logarithm += (requests - errors) * (math.log1p(-bad) - math.log1p(-good))
    # Bounded, so that evidence is a number that DynamoDB keeps, and recovers.
    return math.exp(max(-_MOST_LOGARITHM, min(_MOST_LOGARITHM, logarithm)))


def slow_bounds(requests: int, latency: Latency, limit_ms: float) -> tuple[int, int]:
    """How many requests took longer than `limit_ms`: at least the first, fewer than the second.

    A percentile by nearest rank is above the limit exactly if its request and all slower ones are.
    """
    low = 0
    for percent, value_ms in ((99, latency.p99_ms), (90, latency.p90_ms), (50, latency.p50_ms)):
        beyond = requests - -(-percent * requests // 100) + 1
        if value_ms <= limit_ms:
            return low, max(beyond, low + 1)
        low = beyond
    return low, requests + 1


@lru_cache(maxsize=65_536)
def slow_ratio(requests: int, low: int, high: int) -> float:
    """As `error_ratio`, of a number of slow requests in [low, high)."""

    def probability(share: float) -> float:
        return binomial_tail(low, requests, share) - binomial_tail(high, requests, share)

    bad = sum(weight * probability(share) for share, weight in _SLOW_SHARES)
    # What either calls impossible, rounded as it is, tells nothing.
    return max(bad, _LEAST_PROBABILITY) / max(probability(GOOD * SLOW_SHARE), _LEAST_PROBABILITY)
