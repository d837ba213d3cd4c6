"""Passes over every store, by the functions that may read and change them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ops.deployed_stage import NotDeployed

# Of passes over one store that find nothing to go on with.
_MOST_PASSES = 10_000


class NotForgotten(RuntimeError):
    """A function failed; what it had done stays done, and the command may be given again."""


@dataclass(slots=True)
class Seen:
    """What all passes over a store came to; `region` is where it is."""

    region: str
    store: str
    looked_at: int = 0
    found: int = 0
    removed: int = 0
    notes: tuple[str, ...] = ()
    whole: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """At all regions: what was seen, and why a region's functions were not asked to their end."""

    seen: list[Seen] = field(default_factory=list)
    unanswered: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Forgetting:
    """In one region: `functions` are the names of those that forget, `client` one of Lambda."""

    client: Any
    functions: tuple[str, ...]

    def go_through(self, unit: str, *, remove: bool) -> Iterator[Seen]:
        """Every store to its end, each as soon as it is. Raises NotForgotten."""
        for function in self.functions:
            stores = self._ask(function, {})["stores"]
            if not isinstance(stores, dict):
                raise NotForgotten(f"{function}: deployed before this command; deploy it first")
            for store, region in stores.items():
                seen = Seen(region, store)
                self._store(function, seen, unit, remove=remove)
                yield seen

    def _store(self, function: str, seen: Seen, unit: str, *, remove: bool) -> None:
        cursor = None
        for _ in range(_MOST_PASSES):
            passed = self._ask(
                function, {"unit": unit, "store": seen.store, "remove": remove, "cursor": cursor}
            )
            seen.looked_at += passed["looked_at"]
            seen.found += passed["found"]
            seen.removed += passed["removed"]
            seen.notes = (*seen.notes, *passed["notes"])
            seen.whole = seen.whole and passed["whole"]
            cursor = passed["cursor"]
            if cursor is None:
                return
        raise NotForgotten(f"{seen.store}: no end after {_MOST_PASSES:,} passes")

    def _ask(self, function: str, question: dict[str, Any]) -> dict[str, Any]:
        try:
            answer = self.client.invoke(
                FunctionName=function, Payload=json.dumps(question).encode()
            )
        except (BotoCoreError, ClientError) as error:
            raise NotForgotten(f"{function}: {error}") from error
        document: dict[str, Any] = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            # The function's own message names nobody, and its trace is in its log.
            reason = document.get("errorMessage", "no reason given")
            raise NotForgotten(f"{question.get('store', function)}: {reason}")
        return document


def go_through(
    regions: Mapping[str, Callable[[], Forgetting]],
    unit: str,
    *,
    remove: bool,
    told: Callable[[Seen], object],
) -> Look:
    """One region after another; what keeps one from its end is no reason to leave out the next."""
    look = Look()
    for region, forgetting in regions.items():
        try:
            for seen in forgetting().go_through(unit, remove=remove):
                look.seen.append(seen)
                told(seen)
        except (NotDeployed, NotForgotten) as error:
            look.unanswered[region] = str(error)
    return look
