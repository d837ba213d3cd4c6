"""Whole deployments, minute by minute: what a good or a bad canary does, and who rolls it back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
from scipy import special

from kindred.rollout.judge import Verdict, judge
from kindred.rollout.thresholds import Thresholds
from kindred.rollout.window import Latency, Window

MINUTES = 100
BAKE_MINUTES = 10
STEPS = tuple(range(10, 101, 10))  # the canary's percentage
THRESHOLDS = Thresholds()

# Latencies are lognormal. Each minute has a factor, and each variant in it one of its own.
MEDIAN_MS = 25.0
P99_MS = 60.0
COMMON_DEVIATION = 0.10
OWN_DEVIATION = 0.05
GOOD_ERROR_RATE = 0.005
CLIENT_ERROR_RATE = 0.02

_NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
Floats = npt.NDArray[np.float64]
Minutes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """`error_rate` and `slowdown` set in at minute `onset`; before it is as good as the baseline.

    `p99_ms` is that of the baseline too.
    """

    error_rate: float = GOOD_ERROR_RATE
    slowdown: float = 1.0
    p99_ms: float = P99_MS
    onset: int = 0

    @property
    def is_good(self) -> bool:
        return self.error_rate <= GOOD_ERROR_RATE and self.slowdown <= 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """How one ended: `rolled_back_at` is the last minute judged, counted from 0.

    `promoted` says that a step was passed at or after the onset.
    """

    rolled_back_at: int | None
    promoted: bool
    verdicts: Counter[Verdict]


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """`seed_by_errors` and `seed_by_latency`: the minute at which the seed's rules roll back.

    Counted from 0, and MINUTES where they never do.
    """

    canary: Canary
    deployments: Sequence[Deployment]
    verdicts: Counter[Verdict]
    seed_by_errors: Minutes
    seed_by_latency: Minutes


def simulate(
    canary: Canary, *, requests: int, runs: int, rng: np.random.Generator, counted: int = 0
) -> Simulation:
    """`requests` reach the canary in every minute, whatever its step; the baseline gets the rest.

    Of the first `counted` deployments every minute's verdict is counted.
    """
    deployments, errors, p99s_ms = [], [], []
    for run in range(runs):
        common = rng.normal(0, COMMON_DEVIATION, MINUTES)
        windows = _windows(canary, requests, range(MINUTES), common, rng)
        deployments.append(_deploy(canary, windows, common, rng, every_minute=run < counted))
        errors.append([window.server_errors for window in windows])
        p99s_ms.append([window.latency.p99_ms for window in windows if window.latency])
    return Simulation(
        canary=canary,
        deployments=deployments,
        verdicts=sum((each.verdicts for each in deployments[:counted]), Counter()),
        seed_by_errors=_first_run(np.array(errors) > THRESHOLDS.error_rate * requests, 2),
        seed_by_latency=_first_run(np.array(p99s_ms) > THRESHOLDS.p99_latency_ms, 3),
    )


def _deploy(
    canary: Canary,
    windows: Sequence[Window],
    common: Floats,
    rng: np.random.Generator,
    *,
    every_minute: bool,
) -> Deployment:
    """Each step is judged anew until it has baked and passes."""
    begun, promoted = 0, False
    verdicts: Counter[Verdict] = Counter()
    for step in STEPS:
        baseline = _baseline(canary, step, windows[0].invocations, begun, common, rng)
        ended = MINUTES
        for minute, verdict in _judged(baseline, windows[begun:], every_minute=every_minute):
            verdicts[verdict] += 1
            if verdict == "fail":
                return Deployment(
                    rolled_back_at=begun + minute, promoted=promoted, verdicts=verdicts
                )
            if verdict == "pass" and minute + 1 >= BAKE_MINUTES:
                ended = begun + minute + 1
                promoted |= ended > canary.onset
                break
        begun = ended
        if begun == MINUTES:
            break
    return Deployment(rolled_back_at=None, promoted=promoted, verdicts=verdicts)


def _judged(
    baseline: Sequence[Window], canary: Sequence[Window], *, every_minute: bool
) -> Iterator[tuple[int, Verdict]]:
    """What is said of a step in which minute, counted from 0.

    While it bakes only a failure matters, and a failure stays: the minutes before the bake's last
    are judged only for `every_minute`, or if that one shows that one of them failed.
    """
    first = 0
    if not every_minute:
        baked = min(BAKE_MINUTES, len(canary))
        verdict = judge(baseline[:baked], canary[:baked], thresholds=THRESHOLDS).verdict
        if verdict != "fail":
            yield baked - 1, verdict
            first = baked
    for end in range(first + 1, len(canary) + 1):
        yield end - 1, judge(baseline[:end], canary[:end], thresholds=THRESHOLDS).verdict


def _baseline(
    canary: Canary,
    step: int,
    requests: int,
    begun: int,
    common: Floats,
    rng: np.random.Generator,
) -> list[Window]:
    rest = round(requests * (100 - step) / step)
    good = Canary(p99_ms=canary.p99_ms)
    return _windows(good, rest, range(begun, MINUTES), common, rng)


def _windows(
    variant: Canary, requests: int, minutes: range, common: Floats, rng: np.random.Generator
) -> list[Window]:
    size = len(minutes)
    ails = np.array(minutes) >= variant.onset
    error_rate = np.where(ails, variant.error_rate, GOOD_ERROR_RATE)
    factor = np.exp(common[minutes.start : minutes.stop] + rng.normal(0, OWN_DEVIATION, size))
    factor *= np.where(ails, variant.slowdown, 1.0)
    server_errors = rng.binomial(requests, error_rate)
    client_errors = rng.binomial(requests - server_errors, CLIENT_ERROR_RATE)
    latencies = _percentiles(variant, requests, factor, rng)
    return [
        Window(
            started_at=_NOON + timedelta(minutes=minute),
            invocations=requests,
            client_errors=int(client_errors[index]),
            server_errors=int(server_errors[index]),
            latency=Latency(p50_ms=p50, p90_ms=p90, p99_ms=p99) if requests else None,
        )
        for index, (minute, (p50, p90, p99)) in enumerate(zip(minutes, latencies, strict=True))
    ]


def _percentiles(
    variant: Canary, requests: int, factor: Floats, rng: np.random.Generator
) -> list[list[float]]:
    """p50, p90 and p99 by nearest rank of so many lognormal requests, without drawing them all.

    The r-th smallest of n uniform numbers is Beta(r, n - r + 1), and the s-th of those below it
    that times Beta(s, r - s).
    """
    if not requests:
        return [[0.0, 0.0, 0.0] for _ in factor]
    deviation = np.log(variant.p99_ms / MEDIAN_MS) / special.ndtri(0.99)
    above, shares = requests + 1, np.ones(len(factor))
    found = []
    for percent in (99, 90, 50):
        rank = -(-percent * requests // 100)
        if rank < above:
            shares = shares * rng.beta(rank, above - rank, len(factor))
        above = rank
        found.append(MEDIAN_MS * factor * np.exp(deviation * special.ndtri(shares)))
    return np.stack(found[::-1], axis=1).tolist()  # type: ignore[no-any-return]


def _first_run(above: npt.NDArray[np.bool_], checks: int) -> Minutes:
    """Of each deployment the minute in which `checks` running were above, or MINUTES."""
    last = above.shape[1] - checks + 1
    running: npt.NDArray[np.bool_] = np.logical_and.reduce(
        [above[:, start : start + last] for start in range(checks)]
    )
    return np.where(running.any(axis=1), running.argmax(axis=1) + checks - 1, MINUTES)
