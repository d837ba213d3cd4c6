"""Targeting conditions, compiled into closures over one unit's attributes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kindred.experiments.engine.attribute_values import same_literal
from kindred.experiments.engine.combinations import every, negation, neither, some
from kindred.experiments.engine.operators import OPERATORS, Test, equal, member, never

Attributes = Mapping[str, Any]
Predicate = Callable[[Attributes], bool]
ON_VALUES = frozenset(
    {*OPERATORS, "$not", "$size", "$elemMatch", "$all", "$alli", "$inGroup", "$notInGroup"}
)
ON_ATTRIBUTES = frozenset({"$and", "$or", "$nor", "$not", "$savedGroup", "$savedGroups"})


class Conditions:
    """Compiles conditions that may refer to `saved_groups`: lists by key, or typed entries.

    What cannot be understood never matches, wherever it stands in a condition; a known part that
    decides without it still does. `validate_condition` is for whoever writes conditions.
    """

    def __init__(self, saved_groups: Mapping[str, Any] | None = None) -> None:
        self._groups = saved_groups or {}

    def compile(self, condition: Any) -> Predicate:
        """True only if the condition holds. The predicate never raises."""
        test = self._condition(condition, frozenset())

        def holds(attributes: Attributes) -> bool:
            try:
                return test(attributes) is True
            except (TypeError, ValueError, AttributeError, RecursionError):
                return False

        return holds

    def _condition(self, condition: Any, groups: frozenset[str]) -> Test:
        if not isinstance(condition, Mapping):
            return _malformed
        return every([self._part(key, value, groups) for key, value in condition.items()])

    def _part(self, key: str, value: Any, groups: frozenset[str]) -> Test:
        match key:
            case "$and":
                return every(self._each(value, groups))
            case "$or":
                return some(self._each(value, groups))
            case "$nor":
                return neither(self._each(value, groups))
            case "$not":
                return negation(self._condition(value, groups))
            case "$savedGroup":
                return self._saved_group(value, groups)
            case "$savedGroups":
                return never
            case _:
                return _of_attribute(key, self._literal(value, groups), value)

    def _each(self, conditions: Any, groups: frozenset[str]) -> list[Test]:
        if not isinstance(conditions, list | tuple):
            return [_malformed]
        return [self._condition(condition, groups) for condition in conditions]

    def _literal(self, expected: Any, groups: frozenset[str], *, fold: bool = False) -> Test:
        """A test of one value against a literal, or against operators in an object."""
        if isinstance(expected, dict):
            if all(key.startswith("$") for key in expected):
                return every(
                    [self._operator(key, operand, groups) for key, operand in expected.items()]
                )
            return lambda value: same_literal(value, expected)
        if isinstance(expected, list):
            return lambda value: same_literal(value, expected)
        return member([expected], fold=True) if fold else equal(expected)

    def _operator(self, name: str, operand: Any, groups: frozenset[str]) -> Test:
        match name:
            case "$not":
                return negation(self._literal(operand, groups))
            case "$size":
                count = self._literal(operand, groups)
                return lambda value: count(len(value)) if isinstance(value, list) else False
            case "$elemMatch":
                return self._element(operand, groups)
            case "$all" | "$alli":
                return self._all(operand, groups, fold=name == "$alli")
            case "$inGroup" | "$notInGroup":
                return self._in_group(operand, wanted=name == "$inGroup")
            case "$and" | "$or" | "$nor" | "$savedGroup":
                return never
            case _:
                return OPERATORS[name](operand) if name in OPERATORS else _unsupported

    def _element(self, operand: Any, groups: frozenset[str]) -> Test:
        """Operators test each element itself, a condition each element's attributes."""
        of_value = isinstance(operand, dict) and all(
            key.startswith("$") and (key == "$not" or key not in ON_ATTRIBUTES) for key in operand
        )
        if of_value:
            element = self._literal(operand, groups)
        else:
            of_object = self._condition(operand, groups)

            def element(value: Any) -> bool | None:
                return of_object(_as_object(value))

        def test(value: Any) -> bool | None:
            if not isinstance(value, list):
                return False
            results = [element(item) for item in value if item is not None]
            return True if True in results else None if None in results else False

        return test

    def _all(self, operands: Any, groups: frozenset[str], *, fold: bool) -> Test:
        if not isinstance(operands, list | tuple):
            return never
        wanted = [self._literal(operand, groups, fold=fold) for operand in operands]

        def test(value: Any) -> bool:
            return isinstance(value, list) and all(
                any(found(item) for item in value) for found in wanted
            )

        return test

    def _in_group(self, key: Any, *, wanted: bool) -> Test:
        if not isinstance(key, str):
            return never
        group = self._groups.get(key, [])
        if isinstance(group, dict):
            if group.get("type") not in ("list", "condition"):
                return _unsupported
            group = group.get("values")
        return member(group, wanted=wanted)

    def _saved_group(self, reference: Any, groups: frozenset[str]) -> Test:
        """A typed group; one that contains itself matches nobody."""
        key = reference.get("id") if isinstance(reference, dict) else None
        group = self._groups.get(key) if isinstance(key, str) and key not in groups else None
        if not isinstance(group, dict):
            return never
        match group.get("type"):
            case "list":
                attribute = reference.get("attributeKey", group.get("attributeKey"))
                if not isinstance(attribute, str):
                    return never
                return _of_attribute(attribute, member(group.get("values")))
            case "condition":
                if not isinstance(group.get("condition"), dict):
                    return never
                return self._condition(group["condition"], groups | {str(key)})
            case _:
                return _unsupported


def _unsupported(_: Any) -> None:
    return None


def _malformed(_: Any) -> bool:
    raise ValueError("malformed condition")


def _of_attribute(path: str, test: Test, expected: Any = None) -> Test:
    if "." in path:
        segments = path.split(".")
        return lambda attributes: test(_at(attributes, segments))
    if isinstance(expected, str):
        # The commonest condition, without a second call.
        return lambda attributes: attributes.get(path) == expected
    return lambda attributes: test(attributes.get(path))


def _at(attributes: Any, segments: list[str]) -> Any:
    value = attributes
    for segment in segments:
        value = _as_object(value).get(segment)
        if value is None:
            return None
    return value


def _as_object(value: Any) -> Mapping[str, Any]:
    """A list shows its positions and its length; a value of another kind has no properties."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, list):
        return {
            **{str(position): item for position, item in enumerate(value)},
            "length": len(value),
        }
    return {}
