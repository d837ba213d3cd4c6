"""Regular expressions that no value can keep busy.

Python's `re` tries one way after another: a repetition within a repetition takes time that
doubles with each character, and evaluation waits for it. So their ways are counted beforehand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

LONGEST_PATTERN = 500
# A longer value is not searched: three repetitions of any length take its length cubed.
LONGEST_VALUE = 512
_MOST_LONG_REPEATS = 3
_SHORT = 16
_MOST_WAYS = 4_096
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")
# Of the interpreter, the only reader that reads a pattern as `re` does.
_parse: Any = import_module("re._parser").parse


class UnsafePattern(ValueError):
    """The message says why, and what is allowed."""


def require_bounded(pattern: str) -> None:
    """Raises UnsafePattern."""
    if len(pattern) > LONGEST_PATTERN:
        raise UnsafePattern(f"given {len(pattern)} characters, allowed {LONGEST_PATTERN}")
    try:
        parsed = list(_parse(pattern))
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise UnsafePattern(f"{pattern!r} is no regular expression: {error}") from error
    anchored = bool(parsed) and str(parsed[0][0]) == "AT"
    ways = list(_ways(parsed, repeated=False))
    most = _MOST_LONG_REPEATS - (not anchored)
    if (long := sum(way == 0 for way in ways)) > most:
        raise UnsafePattern(
            f"{long} repetitions of any length, allowed {_MOST_LONG_REPEATS - 1}, or "
            f"{_MOST_LONG_REPEATS} after ^"
        )
    product = 1
    for way in ways:
        product *= way or 1
    if product > _MOST_WAYS:
        raise UnsafePattern(f"{product} combinations of what may stand there, allowed {_MOST_WAYS}")


def _ways(parsed: Any, *, repeated: bool) -> Iterator[int]:
    """For each choice how many ways it has; 0 is any number. Raises UnsafePattern."""
    for operation, argument in parsed:
        name = str(operation)
        if name in _REPEATS:
            least, most, inner = argument
            if repeated and most > least:
                raise UnsafePattern("a repetition within a repetition, allowed is one of the two")
            if most > least:
                yield 0 if most - least >= _SHORT else int(most - least) + 1
            yield from _ways(inner, repeated=repeated or most > 1)
        elif name == "BRANCH":
            if repeated:
                raise UnsafePattern("alternatives within a repetition, allowed is one of the two")
            yield len(argument[1])
            for alternative in argument[1]:
                yield from _ways(alternative, repeated=False)
        else:
            for part in argument if isinstance(argument, tuple) else (argument,):
                if hasattr(part, "getwidth"):
                    yield from _ways(part, repeated=repeated)
