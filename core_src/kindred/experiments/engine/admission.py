"""Who may enter an experiment at all, before a hash decides on the variation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kindred.experiments.engine.context import Context
from kindred.experiments.engine.filters import compile_filters, compile_namespace
from kindred.experiments.engine.prerequisites import Path, compile_prerequisites
from kindred.experiments.engine.scope import Scope

# Of the request, of the unit's text, and of the flags that are being evaluated.
Admission = Callable[[Context, str, Path], bool]


def compile_admissions(
    definition: Mapping[str, Any], scope: Scope, *, targeted: bool
) -> tuple[Admission, ...]:
    """All of them have to admit the unit. Filters replace the namespace.

    `targeted` is for a flag's rule, whose filters, condition and prerequisites come before.
    """
    admissions: list[Admission] = []
    if definition.get("namespace") and not definition.get("filters"):
        admissions.append(_of_namespace(definition))
    if targeted:
        return tuple(admissions)
    if definition.get("filters"):
        admissions.append(_of_filters(definition))
    if definition.get("condition"):
        admissions.append(_of_condition(definition, scope))
    if definition.get("parentConditions"):
        admissions.append(_of_prerequisites(definition, scope))
    return tuple(admissions)


def _of_namespace(definition: Mapping[str, Any]) -> Admission:
    inside = compile_namespace(definition["namespace"])
    return lambda _context, unit, _path: inside(unit)


def _of_filters(definition: Mapping[str, Any]) -> Admission:
    admits = compile_filters(definition["filters"])
    return lambda context, _unit, _path: admits(context)


def _of_condition(definition: Mapping[str, Any], scope: Scope) -> Admission:
    holds = scope.conditions.compile(definition["condition"])
    return lambda context, _unit, _path: holds(context.attributes)


def _of_prerequisites(definition: Mapping[str, Any], scope: Scope) -> Admission:
    gate = compile_prerequisites(
        definition["parentConditions"], lookup=scope.lookup, conditions=scope.conditions
    )
    return lambda context, _unit, path: gate(context, path) == "pass"
