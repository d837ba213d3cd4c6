"""One pass over one store, as whoever forgets a unit asks for it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools import Logger

from kindred.experiments.unit_ids import LONGEST_UNIT
from kindred.privacy.forgetting import Names, Passed, names_of
from kindred_aws.pseudonym_secret import PseudonymSecret

# Of whom, whether to remove, and where to go on.
Store = Callable[[Names, bool, str | None], Passed]
Stores = Mapping[str, Store]


@cache
def logger() -> Logger:
    return Logger()


def answer(
    event: Mapping[str, Any], stores: Stores, *, elsewhere: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """`elsewhere` are the regions of those stores that are in another one.

    Raises ValueError for what is no question; never logs whom it is about.
    """
    if "store" not in event:
        here = os.environ["AWS_REGION"]
        return {"stores": {name: (elsewhere or {}).get(name, here) for name in stores}}
    unit, name, remove = event.get("unit"), event["store"], event.get("remove")
    if not isinstance(unit, str) or not 1 <= len(unit) <= LONGEST_UNIT:
        raise ValueError(f"unit: allowed 1 to {LONGEST_UNIT} characters")
    if name not in stores or not isinstance(remove, bool):
        raise ValueError(f"store: allowed {', '.join(stores)}; remove: allowed true, false")
    names = names_of(unit, _pseudonyms().current)
    passed = stores[name](names, remove, event.get("cursor"))
    logger().info(
        "store passed",
        store=name,
        remove=remove,
        looked_at=passed.looked_at,
        found=passed.found,
        removed=passed.removed,
        generations=len(names.pseudonyms),
    )
    return asdict(passed)


def _pseudonyms() -> PseudonymSecret:
    """Read anew for each pass, which fails where it cannot be: a generation may have come."""
    return PseudonymSecret(
        boto3.client("secretsmanager"), secret_id=os.environ["PSEUDONYM_SECRET_ARN"]
    )
