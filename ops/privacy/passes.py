"""Passes over every store, by the functions that may read and change them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

# Of passes over one store that find nothing to go on with.
_MOST_PASSES = 10_000


class NotForgotten(RuntimeError):
    """A function failed; what it had done stays done, and the command may be given again."""


@dataclass(slots=True)
class Seen:
    """What all passes over a store came to."""

    store: str
    looked_at: int = 0
    found: int = 0
    removed: int = 0
    notes: tuple[str, ...] = ()
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Forgetting:
    """`functions` are the names of those that forget, `client` one of Lambda."""

    client: Any
    functions: tuple[str, ...]

    def stores(self) -> Iterator[tuple[str, str]]:
        """Function and store. Raises NotForgotten."""
        for function in self.functions:
            for store in self._ask(function, {})["stores"]:
                yield function, store

    def go_through(self, unit: str, *, remove: bool, told: Callable[[Seen], object]) -> list[Seen]:
        """Every store to its end, each as soon as it is. Raises NotForgotten."""
        seen = []
        for function, store in self.stores():
            seen.append(self._store(function, store, unit, remove=remove))
            told(seen[-1])
        return seen

    def _store(self, function: str, store: str, unit: str, *, remove: bool) -> Seen:
        seen, cursor = Seen(store), None
        for _ in range(_MOST_PASSES):
            passed = self._ask(
                function, {"unit": unit, "store": store, "remove": remove, "cursor": cursor}
            )
            seen.looked_at += passed["looked_at"]
            seen.found += passed["found"]
            seen.removed += passed["removed"]
            seen.notes = (*seen.notes, *passed["notes"])
            seen.whole = seen.whole and passed["whole"]
            cursor = passed["cursor"]
            if cursor is None:
                return seen
        raise NotForgotten(f"{store}: no end after {_MOST_PASSES:,} passes")

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
