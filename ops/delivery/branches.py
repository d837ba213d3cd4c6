"""An environment of one's own for a branch: what it is called, and when it goes."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# Of such an environment its first stack alone has it: a tag that changes is an update of all that
# has it, and a listener rule must not be updated (docs/routing.md).
EXPIRES_TAG = "ExpiresAt"
_LONGEST = 11
_GONE = "DELETE_COMPLETE"


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class Expired:
    """`stage` as in `Kindred-b3f9a1c2-dev`."""

    stage: str
    expired_at: dt.datetime


def branch_instance(branch: str) -> str:
    """At most 11 letters and digits, of which the last six tell branches apart that begin alike."""
    if not branch.strip():
        raise ValueError("branch: given nothing, allowed the name of a branch")
    mark = hashlib.sha256(branch.encode()).hexdigest()[:6]
    readable = re.sub(r"[^a-z0-9]", "", branch.rpartition("/")[2].lower())
    return f"b{readable[: _LONGEST - 7]}{mark}"


def expiry(now: dt.datetime, *, days: int) -> str:
    return f"{now.astimezone(dt.UTC) + dt.timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"


def expired_stages(stacks: Iterable[Mapping[str, Any]], *, now: dt.datetime) -> list[Expired]:
    """Of CloudFormation's descriptions. A stack without the tag belongs to nobody's branch.

    A stage goes by the latest date on its stacks: a new deployment of the branch prolongs it.
    """
    latest: dict[str, dt.datetime] = {}
    for stack in stacks:
        tags = {each["Key"]: each["Value"] for each in stack.get("Tags", [])}
        if EXPIRES_TAG not in tags or stack["StackStatus"] == _GONE:
            continue
        stage = str(stack["StackName"]).rpartition("-")[0]
        at = dt.datetime.fromisoformat(tags[EXPIRES_TAG])
        latest[stage] = max(at, latest.get(stage, at))
    return sorted(Expired(stage=stage, expired_at=at) for stage, at in latest.items() if at <= now)


def deletion_order(names: Iterable[str], stage: str, order: tuple[str, ...]) -> list[str]:
    """Stacks of a stage, consumers before producers; what is unknown goes first."""
    known = {name: place for place, name in enumerate(order)}
    ours = [name for name in names if name.startswith(f"{stage}-")]
    return sorted(
        ours, key=lambda name: known.get(name.removeprefix(f"{stage}-"), len(order)), reverse=True
    )
