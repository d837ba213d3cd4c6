"""Operators that compare an attribute with a literal, each compiled into a test of one value."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from kindred.experiments.engine.attribute_values import is_number, kind, ordered
from kindred.experiments.engine.patterns import LONGEST_VALUE
from kindred.experiments.engine.versions import sortable

# None: the operator is not known here, so that neither it nor its negation may match.
Test = Callable[[Any], bool | None]


def never(_: Any) -> bool:
    return False


def always(_: Any) -> bool:
    return True


def equal(expected: Any) -> Test:
    """Same kind, same value. Two lists or two objects are never the same one."""
    if expected is None:
        return lambda value: value is None
    if isinstance(expected, str):
        return lambda value: bool(value == expected)
    if isinstance(expected, bool):
        return lambda value: value is expected
    if is_number(expected):
        return lambda value: value == expected and not isinstance(value, bool)
    return never


def not_equal(expected: Any) -> Test:
    same = equal(expected)
    return lambda value: not same(value)


def member(values: Any, *, fold: bool = False, wanted: bool = True) -> Test:
    """Whether the value, or one of a list of values, is among `values`; `fold` ignores case."""
    if not isinstance(values, list | tuple):
        return never
    strings = frozenset(
        value.lower() if fold else value for value in values if isinstance(value, str)
    )
    others = frozenset(
        (kind(value), value) for value in values if value is None or isinstance(value, int | float)
    )

    def among(value: Any) -> bool:
        if isinstance(value, str):
            return (value.lower() if fold else value) in strings
        if value is None or isinstance(value, int | float):
            return (kind(value), value) in others
        return False

    def test(value: Any) -> bool:
        if isinstance(value, list):
            return any(map(among, value)) is wanted
        return among(value) is wanted

    return test


def value_order(accepts: Callable[[int], bool]) -> Callable[[Any], Test]:
    def compile_order(expected: Any) -> Test:
        def test(value: Any) -> bool:
            order = ordered(value, expected)
            return order is not None and accepts(order)

        return test

    return compile_order


def version_order(
    accepts: Callable[[int], bool], *, incomparable: bool = False
) -> Callable[[Any], Test]:
    """A missing version is neither below nor above another."""

    def compile_order(expected: Any) -> Test:
        if not isinstance(expected, str) and not is_number(expected):
            return always if incomparable else never
        right = sortable(expected)

        def test(value: Any) -> bool:
            if not isinstance(value, str) and not is_number(value):
                return incomparable
            left = sortable(value)
            return accepts((left > right) - (left < right))

        return test

    return compile_order


def matches(*, fold: bool = False, wanted: bool = True) -> Callable[[Any], Test]:
    """A pattern that is none matches nothing, and its negation everything. Of a value that is too
    long to be searched nothing is known."""

    def compile_pattern(pattern: Any) -> Test:
        try:
            search = re.compile(pattern, re.IGNORECASE if fold else 0).search
        except (re.error, TypeError, OverflowError, RecursionError):
            return never if wanted else always

        def test(value: Any) -> bool | None:
            if not isinstance(value, str):
                return not wanted
            if len(value) > LONGEST_VALUE:
                return None
            return (search(value) is not None) is wanted

        return test

    return compile_pattern


def exists(expected: Any) -> Test:
    return (lambda value: value is not None) if expected else (lambda value: value is None)


def of_kind(expected: Any) -> Test:
    return lambda value: kind(value) == expected


OPERATORS: Mapping[str, Callable[[Any], Test]] = MappingProxyType(
    {
        "$eq": equal,
        "$ne": not_equal,
        "$lt": value_order(lambda order: order < 0),
        "$lte": value_order(lambda order: order <= 0),
        "$gt": value_order(lambda order: order > 0),
        "$gte": value_order(lambda order: order >= 0),
        "$veq": version_order(lambda order: order == 0),
        "$vne": version_order(lambda order: order != 0, incomparable=True),
        "$vlt": version_order(lambda order: order < 0),
        "$vlte": version_order(lambda order: order <= 0),
        "$vgt": version_order(lambda order: order > 0),
        "$vgte": version_order(lambda order: order >= 0),
        "$in": member,
        "$nin": lambda values: member(values, wanted=False),
        "$ini": lambda values: member(values, fold=True),
        "$nini": lambda values: member(values, fold=True, wanted=False),
        "$regex": matches(),
        "$regexi": matches(fold=True),
        "$notRegex": matches(wanted=False),
        "$notRegexi": matches(fold=True, wanted=False),
        "$exists": exists,
        "$type": of_kind,
    }
)
