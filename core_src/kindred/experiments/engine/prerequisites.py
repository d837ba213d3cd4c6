"""Flags whose values other flags and experiments wait for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from kindred.experiments.engine.conditions import Conditions
from kindred.experiments.engine.context import Context
from kindred.experiments.engine.results import FlagResult


class Path:
    """`keys` are the flags being evaluated, outermost first: one that comes up again waits for
    itself. `found` holds what the others gave, so that a flag which many wait for is evaluated
    once; None where nothing has been waited for yet.
    """

    __slots__ = ("found", "keys")

    def __init__(
        self, keys: tuple[str, ...] = (), found: dict[str, FlagResult] | None = None
    ) -> None:
        self.keys = keys
        self.found = found

    def entered(self, key: str) -> Path:
        return Path((*self.keys, key), {} if self.found is None else self.found)


START = Path()
Lookup = Callable[[str, Context, Path], FlagResult]
Verdict = Literal["pass", "skip", "gate", "cyclic"]
Gate = Callable[[Context, Path], Verdict]


def compile_prerequisites(
    parents: Sequence[Mapping[str, Any]], *, lookup: Lookup, conditions: Conditions
) -> Gate:
    """A failed parent skips its rule, or with `gate` its flag. The first that fails decides."""
    compiled = [
        (
            parent["id"],
            # Without a condition the parent is only looked at, which finds cycles.
            conditions.compile(parent["condition"]) if "condition" in parent else None,
            bool(parent.get("gate", False)),
        )
        for parent in parents
        if isinstance(parent.get("id"), str)
    ]

    def gate(context: Context, path: Path) -> Verdict:
        for key, condition, gates in compiled:
            result = lookup(key, context, path)
            if result.source == "cyclicPrerequisite":
                return "cyclic"
            if condition is not None and not condition({"value": result.value}):
                return "gate" if gates else "skip"
        return "pass"

    return gate
