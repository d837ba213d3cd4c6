"""How soon is a bad canary rolled back, and how often a good one, beside the seed's rules?"""

from __future__ import annotations

import numpy as np

from benchmarks.report import Report, run_alone
from benchmarks.rollout_simulation import (
    BAKE_MINUTES,
    CLIENT_ERROR_RATE,
    COMMON_DEVIATION,
    MEDIAN_MS,
    MINUTES,
    OWN_DEVIATION,
    P99_MS,
    Canary,
    Minutes,
    Simulation,
    simulate,
)

SEED = 20_260_601
REQUESTS = (20, 50, 100, 300, 1_000)
GOOD_RUNS = 2_000
BAD_RUNS = 1_500
COUNTED_RUNS = 100
# Well within a step, with what a good canary has served of it behind it.
MIDWAY = 45

MOST_FALSE_ROLLBACKS = 0.01
SOON = 10
LEAST_CAUGHT_SOON = 0.99
ENOUGH_REQUESTS = 100

THREE_PERCENT = "3 % errors"
GOOD = {
    "good: 0.5 % errors, latency 1x": Canary(),
    "good, but of p99 80 ms": Canary(p99_ms=80),
}
BAD = {
    THREE_PERCENT: Canary(error_rate=0.03),
    "10 % errors": Canary(error_rate=0.10),
    "latency 1.5x": Canary(slowdown=1.5),
    "latency 3x": Canary(slowdown=3),
    "3 % errors from minute 46": Canary(error_rate=0.03, onset=MIDWAY),
    "latency 1.5x from minute 46": Canary(slowdown=1.5, onset=MIDWAY),
    "latency 3x from minute 46": Canary(slowdown=3, onset=MIDWAY),
}

Row = dict[str, str | float | int | None]


def run() -> Report:
    """Deployments of 100 one-minute windows, judged every minute, of good and of bad canaries."""
    rng = np.random.default_rng(SEED)
    rows = []
    for canaries, runs in ((GOOD, GOOD_RUNS), (BAD, BAD_RUNS)):
        for name, canary in canaries.items():
            for requests in REQUESTS:
                simulation = simulate(
                    canary, requests=requests, runs=runs, rng=rng, counted=COUNTED_RUNS
                )
                rows.append(row(name, requests, simulation))
    return Report(
        name="rollout",
        title="canaries, judged every minute",
        rows=tuple(rows),
        notes=(
            f"{GOOD_RUNS:,} deployments a row of good and {BAD_RUNS:,} of bad canaries, each of "
            f"{MINUTES} minutes in steps of 10 %, of {BAKE_MINUTES} minutes and more until it "
            f"passes; windows begin anew with each step; seed {SEED}",
            "requests are the canary's in each minute; the baseline gets the rest of the step",
            f"latency is lognormal, median {MEDIAN_MS:.0f} ms and p99 {P99_MS:.0f} ms at 1x, and "
            f"minutes vary by {COMMON_DEVIATION:.0%} together and {OWN_DEVIATION:.0%} apart; 4XX "
            f"are {CLIENT_ERROR_RATE:.0%} of either's requests; limits are 100 ms and 1 %",
            "median and 99th are minutes from the onset to the rollback; inconclusive is a share "
            "of all checks; promoted means that a step was passed with the ailment",
            "the seed rolls back after 2 checks running above 1 % or 3 above 100 ms, whichever "
            "rule the ailment concerns, and either with a good canary",
        ),
        missed=tuple(missed(rows)),
    )


def row(name: str, requests: int, simulation: Simulation) -> Row:
    onset = simulation.canary.onset
    ours = np.array(
        [MINUTES if d.rolled_back_at is None else d.rolled_back_at for d in simulation.deployments]
    )
    seeds = _of_the_seed(simulation)
    promoted = [deployment.promoted for deployment in simulation.deployments]
    checks = simulation.verdicts.total()
    return {
        "canary": name,
        "requests": requests,
        "rolled back": _share(ours, onset, MINUTES - onset),
        "within 10": _share(ours, onset, SOON),
        "median": _delay(ours, onset, 50),
        "99th": _delay(ours, onset, 99),
        "inconclusive": round(simulation.verdicts["inconclusive"] / checks, 4),
        "promoted": round(float(np.mean(promoted)), 4),
        "seed: rolled back": _share(seeds, onset, MINUTES - onset),
        "within 10 ": _share(seeds, onset, SOON),
        "median ": _delay(seeds, onset, 50),
        "99th ": _delay(seeds, onset, 99),
    }


def missed(rows: list[Row]) -> list[str]:
    """The marks, in words, that were not reached."""
    false = [
        f"{row['canary']}, {row['requests']} requests: {row['rolled back']:.2%} false rollbacks, "
        f"wanted at most {MOST_FALSE_ROLLBACKS:.0%}"
        for row in rows
        if row["canary"] in GOOD and float(row["rolled back"] or 0) > MOST_FALSE_ROLLBACKS
    ]
    late = [
        f"{row['canary']}, {row['requests']} requests: {row['within 10']:.2%} caught within "
        f"{SOON} windows, wanted at least {LEAST_CAUGHT_SOON:.0%}"
        for row in rows
        if row["canary"] == THREE_PERCENT
        and int(row["requests"] or 0) >= ENOUGH_REQUESTS
        and float(row["within 10"] or 0) < LEAST_CAUGHT_SOON
    ]
    return false + late


def _of_the_seed(simulation: Simulation) -> Minutes:
    ailment = simulation.canary
    if ailment.is_good:
        return np.minimum(simulation.seed_by_errors, simulation.seed_by_latency)
    return simulation.seed_by_latency if ailment.slowdown > 1 else simulation.seed_by_errors


def _share(rolled_back_at: Minutes, onset: int, minutes: int) -> float:
    """Of the deployments that reached the onset, those rolled back in so many minutes after it."""
    reached = rolled_back_at[rolled_back_at >= onset]
    return round(float((reached < onset + minutes).mean()), 4) if len(reached) else 0.0


def _delay(rolled_back_at: Minutes, onset: int, percent: int) -> int | None:
    """In minutes, the onset's counting as the first, over the deployments rolled back after it."""
    caught = rolled_back_at[(rolled_back_at >= onset) & (rolled_back_at < MINUTES)]
    if not len(caught):
        return None
    return int(np.percentile(caught - onset + 1, percent, method="higher"))


if __name__ == "__main__":
    run_alone(run)
