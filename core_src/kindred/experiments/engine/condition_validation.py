"""Finds what a condition's author got wrong, before it is published."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from kindred.experiments.engine.attribute_values import is_number
from kindred.experiments.engine.conditions import ON_ATTRIBUTES, ON_VALUES
from kindred.experiments.engine.patterns import UnsafePattern, require_bounded

# A condition deeper than this is a mistake, or an attempt to exhaust the evaluator.
DEEPEST = 20
_LISTS = ("$in", "$nin", "$ini", "$nini", "$all", "$alli")
_KINDS = ("null", "boolean", "number", "string", "array", "object")


class InvalidCondition(ValueError):
    """The message names each problem, where it is, and what is allowed there."""


def validate_condition(condition: Any, *, saved_groups: Collection[str] | None = None) -> None:
    """Raises InvalidCondition. With `saved_groups`, a group of another key is a problem too."""
    problems = list(_Validation(saved_groups).condition(condition, "condition", 0))
    if problems:
        raise InvalidCondition("; ".join(problems))


class _Validation:
    def __init__(self, saved_groups: Collection[str] | None) -> None:
        self._groups = saved_groups

    def condition(self, condition: Any, place: str, depth: int) -> Iterator[str]:
        if depth > DEEPEST:
            yield f"{place}: nested more than {DEEPEST} deep"
            return
        if not isinstance(condition, dict):
            yield f"{place}: given {type(condition).__name__}, allowed an object"
            return
        for key, value in condition.items():
            inner = f"{place}.{key}"
            if key in ("$and", "$or", "$nor"):
                yield from self._each(value, inner, depth)
            elif key == "$not":
                yield from self.condition(value, inner, depth + 1)
            elif key == "$savedGroup":
                yield from self._group(value.get("id") if isinstance(value, dict) else None, inner)
            elif key.startswith("$") and key != "$groups":
                allowed = ", ".join(sorted(ON_ATTRIBUTES - {"$savedGroups"}))
                yield f"{inner}: unknown operator {key}, allowed an attribute or {allowed}"
            else:
                yield from self._literal(value, inner, depth + 1)

    def _each(self, conditions: Any, place: str, depth: int) -> Iterator[str]:
        if not isinstance(conditions, list):
            yield f"{place}: given {type(conditions).__name__}, allowed a list of conditions"
            return
        for position, condition in enumerate(conditions):
            yield from self.condition(condition, f"{place}[{position}]", depth + 1)

    def _literal(self, expected: Any, place: str, depth: int) -> Iterator[str]:
        operators = isinstance(expected, dict) and any(key.startswith("$") for key in expected)
        if not operators:
            return
        if depth > DEEPEST:
            yield f"{place}: nested more than {DEEPEST} deep"
            return
        for name, operand in expected.items():
            if name in ON_VALUES:
                yield from self._operator(name, operand, f"{place}.{name}", depth)
            else:
                allowed = ", ".join(sorted(ON_VALUES))
                yield f"{place}: unknown operator {name}, allowed {allowed}"

    def _operator(self, name: str, operand: Any, place: str, depth: int) -> Iterator[str]:
        given = type(operand).__name__
        if name in _LISTS and not isinstance(operand, list):
            yield f"{place}: given {given}, allowed a list"
        elif name in ("$inGroup", "$notInGroup"):
            yield from self._group(operand, place)
        elif "egex" in name:
            yield from _pattern(operand, place)
        elif name.startswith("$v") and not isinstance(operand, str):
            yield f"{place}: given {given}, allowed a version such as 1.2.3"
        elif name in ("$lt", "$lte", "$gt", "$gte"):
            if not (isinstance(operand, str) or is_number(operand)):
                yield f"{place}: given {given}, allowed a number or a text"
        elif name == "$type" and operand not in _KINDS:
            yield f"{place}: given {operand!r}, allowed {', '.join(_KINDS)}"
        elif name == "$exists" and not isinstance(operand, bool):
            yield f"{place}: given {given}, allowed true or false"
        elif name in ("$not", "$size"):
            yield from self._literal(operand, place, depth + 1)
        elif name == "$elemMatch":
            yield from self._element(operand, place, depth)

    def _element(self, operand: Any, place: str, depth: int) -> Iterator[str]:
        if isinstance(operand, dict) and any(key in ON_VALUES for key in operand):
            yield from self._literal(operand, place, depth + 1)
        else:
            yield from self.condition(operand, place, depth + 1)

    def _group(self, key: Any, place: str) -> Iterator[str]:
        if not isinstance(key, str) or not key:
            yield f"{place}: given {key!r}, allowed the key of a saved group"
        elif self._groups is not None and key not in self._groups:
            known = ", ".join(sorted(self._groups)) or "none is defined"
            yield f"{place}: no saved group {key!r}, allowed {known}"


def _pattern(operand: Any, place: str) -> Iterator[str]:
    if not isinstance(operand, str):
        yield f"{place}: given {type(operand).__name__}, allowed a regular expression"
        return
    try:
        require_bounded(operand)
    except UnsafePattern as error:
        yield f"{place}: {error}"
