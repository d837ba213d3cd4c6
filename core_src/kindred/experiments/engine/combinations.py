"""And, or, not over tests that may also answer "not known here" (None)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kindred.experiments.engine.operators import Test, always


def every(tests: Sequence[Test]) -> Test:
    """One failing test decides it, whatever is unknown."""
    if not tests:
        return always
    if len(tests) == 1:
        return tests[0]
    if len(tests) == 2:
        first, second = tests

        def both(value: Any) -> bool | None:
            # A single `and` would let an unknown first hide a failing second.
            left = first(value)
            if left is False:
                return False
            right = second(value)
            return right if left or right is False else None

        return both

    def test(value: Any) -> bool | None:
        result: bool | None = True
        for one in tests:
            answer = one(value)
            if answer is False:
                return False
            if answer is None:
                result = None
        return result

    return test


def some(tests: Sequence[Test]) -> Test:
    """One passing test decides it; of no tests at all it passes too."""
    if not tests:
        return always

    def test(value: Any) -> bool | None:
        result: bool | None = False
        for one in tests:
            answer = one(value)
            if answer:
                return True
            if answer is None:
                result = None
        return result

    return test


def negation(test: Test) -> Test:
    def negated(value: Any) -> bool | None:
        answer = test(value)
        return None if answer is None else not answer

    return negated


def neither(tests: Sequence[Test]) -> Test:
    return negation(some(tests))
