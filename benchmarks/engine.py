"""How long does an evaluation take, beside the `growthbook` SDK on the same payload?"""

from __future__ import annotations

import logging
import statistics
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any

from growthbook import GrowthBook

from benchmarks.report import Report, run_alone
from kindred.experiments.engine.context import Context
from kindred.experiments.engine.snapshot import compile_snapshot

ROUNDS = 400
USERS = 25  # a round of one subject; each user is another unit
MOST_OF_PEER = 0.5
FLAGS = 200
# What a snapshot of 200 flags may add to a request that reads one of them.
MOST_EXTRA_MICROSECONDS = 0.1

STATIC: dict[str, Any] = {"defaultValue": True}
ROLLOUT: dict[str, Any] = {
    "defaultValue": False,
    "rules": [{"force": True, "coverage": 0.2, "hashVersion": 2, "seed": "checkout"}],
}
ARMS: dict[str, Any] = {
    "defaultValue": "grid",
    "rules": [
        {
            "key": "listing-layout",
            "condition": {"country": {"$in": ["DE", "FR", "US"]}, "age": {"$gte": 18}},
            "variations": ["grid", "list", "cards"],
            "weights": [0.34, 0.33, 0.33],
            "coverage": 1,
            "hashVersion": 2,
            "meta": [{"key": "control"}, {"key": "list"}, {"key": "cards"}],
        }
    ],
}
CASES = {"static flag": STATIC, "20 % rollout": ROLLOUT, "3 arms, 2 conditions": ARMS}
Evaluate = Callable[[dict[str, Any]], Any]


def run() -> Report:
    """Medians of microseconds an evaluation: both in turn, a unit of its own each time."""
    logging.getLogger("growthbook").setLevel(logging.ERROR)
    rows: list[dict[str, str | float | int | None]] = []
    missed: list[str] = []
    for name, feature in CASES.items():
        row = _measure(name, _ours({"flag": feature}), _prepared({"flag": feature}))
        rows.append(row)
        if float(row["ratio"] or 0) > MOST_OF_PEER:
            missed.append(f"{name}: {row['ratio']} of the SDK's time, wanted {MOST_OF_PEER}")
    many = {f"flag-{number}": ARMS for number in range(FLAGS)} | {"flag": STATIC}
    rows.append(_measure(f"static, {FLAGS} more flags", _ours(many), _per_request(many)))
    alone, among = _medians(_ours({"flag": STATIC}), _ours(many))
    if among - alone > MOST_EXTRA_MICROSECONDS:
        missed.append(f"{FLAGS} flags cost a request {among - alone:.2f} µs, wanted none")
    return Report(
        name="engine",
        title=f"evaluation, beside growthbook {version('growthbook')}",
        rows=tuple(rows),
        notes=(
            f"median of {ROUNDS} rounds of {USERS} units, interleaved; same answers checked",
            "ours makes a context each time; the SDK has one instance whose attributes are set",
            f"{FLAGS} more flags cost ours {among - alone:.3f} µs, interleaved with one flag alone",
            "last row: the SDK as a request uses it, with an instance of its own",
        ),
        missed=tuple(missed),
    )


def _measure(name: str, ours: Evaluate, peer: Evaluate) -> dict[str, str | float | int | None]:
    for turn in range(ROUNDS):
        for user in _users(turn):
            assert ours(user) == peer(user), f"{name}: {user}"
    ours_us, peer_us = _medians(ours, peer)
    return {
        "flag": name,
        "ours µs": round(ours_us, 3),
        "growthbook µs": round(peer_us, 3),
        "ratio": round(ours_us / peer_us, 3),
    }


def _medians(one: Evaluate, other: Evaluate) -> tuple[float, float]:
    """Microseconds an evaluation of each. The first of a round has the colder cache: they take
    turns at being it."""
    times: dict[bool, list[float]] = {True: [], False: []}
    for turn in range(ROUNDS):
        users = _users(turn)
        for is_one in (True, False) if turn % 2 else (False, True):
            times[is_one].append(_microseconds(one if is_one else other, users))
    return statistics.median(times[True]), statistics.median(times[False])


def _users(turn: int) -> list[dict[str, Any]]:
    return [
        {"id": f"user-{turn * USERS + number}", "country": "DE", "age": 30 + number}
        for number in range(USERS)
    ]


def _microseconds(evaluate: Evaluate, users: Sequence[dict[str, Any]]) -> float:
    began = time.perf_counter_ns()
    for user in users:
        evaluate(user)
    return (time.perf_counter_ns() - began) / len(users) / 1_000


def _ours(features: dict[str, Any]) -> Evaluate:
    snapshot = compile_snapshot({"features": features})
    return lambda user: snapshot.evaluate_flag("flag", Context(user)).value


def _prepared(features: dict[str, Any]) -> Evaluate:
    instance = GrowthBook(features=features)

    def evaluate(user: dict[str, Any]) -> Any:
        instance.set_attributes(user)
        return instance.eval_feature("flag").value

    return evaluate


def _per_request(features: dict[str, Any]) -> Evaluate:
    return lambda user: GrowthBook(attributes=user, features=features).eval_feature("flag").value


if __name__ == "__main__":
    run_alone(run)
