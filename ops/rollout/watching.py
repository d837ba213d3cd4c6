"""What changes about a deployment, line by line, until it has ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kindred.rollout.deployment import TERMINAL
from ops.rollout.api import RolloutApi

Document = Mapping[str, Any]
SECONDS_BETWEEN_LOOKS = 1.0


def watch(
    api: RolloutApi,
    deployment_id: str,
    *,
    say: Callable[[str], None],
    sleep: Callable[[float], None],
) -> dict[str, Any]:
    """The deployment as it ended. Raises RolloutRefused."""
    told: set[str] = set()
    while True:
        found = api.deployment(deployment_id)
        for line in lines_of(found):
            if line not in told:
                told.add(line)
                say(line)
        if found["state"] in TERMINAL:
            return found
        sleep(SECONDS_BETWEEN_LOOKS)


def lines_of(document: Document) -> Iterator[str]:
    """Transitions and judgements in the order of time, and then the weights as they are."""
    dated = [
        *((each["at"], _transition(each)) for each in document["transitions"]),
        *((each["at"], _judgement(each, document)) for each in document["judgements"]),
    ]
    for at, text in sorted(dated, key=lambda each: each[0]):
        yield f"{at[11:19]} {text}"
    weights = document["weights"]
    if weights["confirmed_at"]:
        yield f"{weights['confirmed_at'][11:19]} traffic     {shares(weights['confirmed'])}"


def shares(weights: Mapping[str, float] | None) -> str:
    """Of the endpoint's traffic, by variant."""
    if not weights:
        return "-"
    return ", ".join(f"{variant} {share:.0%}" for variant, share in weights.items())


def _transition(each: Document) -> str:
    return f"{each['after']:<11} {each['reason']}"


def _judgement(each: Document, document: Document) -> str:
    """A rollout has many that pass: their reasons are in `show`."""
    reasons = "; ".join(each["reasons"])
    return f"{each['verdict']:<11} {document['canary_variant']} at {each['step']} %: {reasons}"
