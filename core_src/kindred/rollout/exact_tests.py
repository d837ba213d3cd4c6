"""One-sided exact tests of counts: the binomial one against a rate, Fisher's between two groups."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

# Terms this much smaller than their sum change nothing in a double.
_NEGLIGIBLE = 1e-17


@lru_cache(maxsize=65_536)
def binomial_tail(count: int, trials: int, rate: float) -> float:
    """The probability of `count` or more in `trials`, each with probability `rate` in (0, 1)."""
    if count <= 0:
        return 1.0
    if count > trials:
        return 0.0
    odds = rate / (1 - rate)

    def term(k: int) -> float:
        return math.exp(
            _log_choose(trials, k) + k * math.log(rate) + (trials - k) * math.log1p(-rate)
        )

    def step(k: int) -> float:
        return (trials - k) / (k + 1) * odds

    return _tail(count, 0, trials, mode=trials * rate, term=term, step=step)


def fisher_tail(bad: int, requests: int, other_bad: int, other_requests: int) -> float:
    """The probability of `bad` or more among `requests` if both groups are equally often bad.

    Given all that were bad together: Fisher's exact test, one-sided.
    """
    total, all_bad = requests + other_requests, bad + other_bad
    least, most = max(0, all_bad - other_requests), min(all_bad, requests)
    if bad <= least:
        return 1.0
    whole = _log_choose(total, all_bad)

    def term(k: int) -> float:
        return math.exp(_log_choose(requests, k) + _log_choose(other_requests, all_bad - k) - whole)

    def step(k: int) -> float:
        return (requests - k) * (all_bad - k) / ((k + 1) * (other_requests - all_bad + k + 1))

    return _tail(bad, least, most, mode=all_bad * requests / total, term=term, step=step)


def _tail(
    start: int,
    least: int,
    most: int,
    *,
    mode: float,
    term: Callable[[int], float],
    step: Callable[[int], float],
) -> float:
    """The sum of `term` from `start` to `most`; `step(k)` is term(k + 1) / term(k).

    It adds up the side that falls away from the mode, so few terms count.
    """
    if start > mode:
        return min(1.0, _sum(term(start), range(start, most), step))
    return max(0.0, 1.0 - _sum(term(start - 1), range(start - 2, least - 1, -1), _inverse(step)))


def _inverse(step: Callable[[int], float]) -> Callable[[int], float]:
    return lambda k: 1 / step(k)


def _sum(first: float, path: range, step: Callable[[int], float]) -> float:
    total = last = first
    for k in path:
        last *= step(k)
        total += last
        if last <= total * _NEGLIGIBLE:
            break
    return total


def _log_choose(total: int, chosen: int) -> float:
    return math.lgamma(total + 1) - math.lgamma(chosen + 1) - math.lgamma(total - chosen + 1)
