"""Load on an environment's API: how much a canary needs, and whether its answers were good."""

from __future__ import annotations

import csv
import math
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ops.delivery.api_access import ApiAccess
from stacks.delivery import LoadTest
from stacks.deployment import SERVICE_NAMES, Deployment

ROOT = Path(__file__).parents[2]
LOCUST = ROOT / ".load-venv" / "bin" / "locust"
SCENARIO = ROOT / "load_tests" / "locustfile.py"
# Under it a deployment's alarm takes a target group for healthy.
GROUP_REQUESTS_PER_MINUTE = 20
# Arrivals are uneven, and a share of a rule's weight is one in the long run only.
_MARGIN = 1.5
POLL_SECONDS = 15.0
# Longer than a step takes to install its tools, or the CDK to publish the assets of a stack.
QUIET_SECONDS = 600.0


class LoadFailed(Exception):
    """Locust did not run, or left no figures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    requests: int
    failures: int
    p99_latency_ms: float

    @property
    def error_percent(self) -> float:
        return 100 * self.failures / self.requests if self.requests else 100.0


def canary_load(deployment: Deployment) -> int:
    """Requests a second, of all services together, by which the smallest share is judged.

    The scenario asks each service as often as another.
    """
    smallest = min(_smallest_percent(deployment, service) for service in SERVICE_NAMES)
    a_minute = GROUP_REQUESTS_PER_MINUTE * 100 / smallest * len(SERVICE_NAMES) * _MARGIN
    return math.ceil(a_minute / 60)


def _smallest_percent(deployment: Deployment, service: str) -> int:
    of = deployment.of(service)  # type: ignore[arg-type]
    shares = {"canary": of.canary_percent, "linear": of.linear_percent}
    return shares.get(of.strategy, 100)


def judge_load(figures: Figures, wanted: LoadTest, *, seconds: int) -> list[str]:
    """What was worse than wanted. Empty is good."""
    faults = []
    least = wanted.requests_per_second * seconds // 2
    if figures.requests < least:
        faults.append(f"{figures.requests} requests, wanted {least} or more: no verdict")
    if figures.error_percent > wanted.error_percent:
        faults.append(f"{figures.error_percent:.2f} % failed, allowed {wanted.error_percent:g} %")
    if figures.p99_latency_ms > wanted.p99_latency_ms:
        faults.append(f"p99 {figures.p99_latency_ms:.0f} ms, allowed {wanted.p99_latency_ms} ms")
    return faults


def locust_command(access: ApiAccess, *, rate: int, seconds: int, figures: Path) -> list[str]:
    """The key is not among the arguments, which any user of the machine can list."""
    return [
        *(str(LOCUST), "--locustfile", str(SCENARIO), "--headless", "--only-summary"),
        *("--host", access.url.rstrip("/"), "--users", str(rate), "--spawn-rate", str(rate)),
        *("--run-time", f"{seconds}s", "--stop-timeout", "10", "--exit-code-on-error", "0"),
        *("--csv", str(figures)),
    ]


def run_load(access: ApiAccess, *, rate: int, seconds: int, figures: Path) -> Figures:
    """Raises LoadFailed."""
    command = locust_command(access, rate=rate, seconds=seconds, figures=figures)
    with subprocess.Popen(command, env=_environment(access)) as process:
        status = process.wait()
    if status:
        raise LoadFailed(f"locust ended with status {status}")
    return read_figures(figures)


def run_while(
    access: ApiAccess,
    *,
    rate: int,
    seconds: int,
    figures: Path,
    going_on: Callable[[], bool],
    wait: Callable[[float], None],
) -> Figures:
    """Ends with what it accompanies, and after `seconds` at the latest. Raises LoadFailed."""
    command = locust_command(access, rate=rate, seconds=seconds, figures=figures)
    with subprocess.Popen(command, env=_environment(access)) as process:
        try:
            while process.poll() is None and going_on():
                wait(POLL_SECONDS)
        finally:
            # Leaving the block waits for it, also where the question failed.
            process.terminate()
    return read_figures(figures)


class Accompanied:
    """Whether a deployment goes on: between two stacks nothing is under way, and not for long.

    `under_way` asks CloudFormation of all stacks together, since a release may leave the services
    as they are. Called every `POLL_SECONDS`.
    """

    def __init__(self, under_way: Callable[[], bool]) -> None:
        self._under_way = under_way
        self._quiet_polls = 0

    def __call__(self) -> bool:
        self._quiet_polls = 0 if self._under_way() else self._quiet_polls + 1
        return self._quiet_polls * POLL_SECONDS < QUIET_SECONDS


def read_figures(figures: Path) -> Figures:
    """Of Locust's table, its last row. Raises LoadFailed."""
    file = figures.with_name(f"{figures.name}_stats.csv")
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            [total] = [row for row in csv.DictReader(lines) if row["Name"] == "Aggregated"]
    except (OSError, ValueError) as error:
        raise LoadFailed(f"{file.name}: no figures: {error}") from error
    p99 = total["99%"]
    return Figures(
        requests=int(total["Request Count"]),
        failures=int(total["Failure Count"]),
        p99_latency_ms=float(p99) if p99 not in ("", "N/A") else math.inf,
    )


def _environment(access: ApiAccess) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "KINDRED_API_KEY": access.key}
