"""One flag, compiled: its rules in order, the first that applies serves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kindred.experiments.engine.attribute_values import unit_text
from kindred.experiments.engine.context import Context
from kindred.experiments.engine.experiments import CompiledExperiment
from kindred.experiments.engine.filters import compile_filters
from kindred.experiments.engine.hashing import compile_hash
from kindred.experiments.engine.prerequisites import Path, compile_prerequisites
from kindred.experiments.engine.results import FlagResult, is_on
from kindred.experiments.engine.scope import Scope

Evaluate = Callable[[Context, Path], FlagResult]
# None: the rule does not apply, and the next one is asked.
Rule = Callable[[Context, Path], FlagResult | None]


def compile_flag(key: str, feature: Mapping[str, Any], scope: Scope) -> Evaluate:
    value = feature.get("defaultValue")
    default = FlagResult(key, value, is_on(value), "defaultValue")
    rules = [_compile_rule(key, rule, scope) for rule in feature.get("rules") or ()]
    if not rules:
        return lambda _context, _path: default
    if len(rules) == 1:
        only = rules[0]
        return lambda context, path: only(context, path) or default

    def evaluate(context: Context, path: Path) -> FlagResult:
        for rule in rules:
            result = rule(context, path)
            if result is not None:
                return result
        return default

    return evaluate


def _compile_rule(key: str, rule: Mapping[str, Any], scope: Scope) -> Rule:
    serve = _compile_serving(key, rule, scope)
    if rule.get("filters"):
        serve = _filtered(serve, rule)
    if rule.get("condition"):
        serve = _targeted(serve, rule, scope)
    if rule.get("parentConditions"):
        serve = _gated(serve, key, rule, scope)
    return serve


def _compile_serving(key: str, rule: Mapping[str, Any], scope: Scope) -> Rule:
    if "force" in rule:
        return _rollout(key, rule)
    variations = rule.get("contextualVariations") or rule.get("variations")
    return _experiment(key, rule, scope) if variations else _nothing


def _nothing(_context: Context, _path: Path) -> None:
    return None


def _rollout(key: str, rule: Mapping[str, Any]) -> Rule:
    value = rule["force"]
    result = FlagResult(
        key,
        value,
        is_on(value),
        "force",
        rule.get("id") or "",
        tracks=tuple(rule.get("tracks") or ()),
    )
    coverage = rule.get("coverage")
    share = rule.get("range") or (coverage if coverage is None else (0, coverage))
    if share is None:
        return lambda _context, _path: result
    hashed = compile_hash(rule, seed=key)
    if hashed is None:
        return _nothing
    bucket, scale = hashed
    low, high = (bound * scale for bound in share)
    attribute = rule.get("hashAttribute") or "id"
    fallback = None if rule.get("disableStickyBucketing") else rule.get("fallbackAttribute")

    def roll_out(context: Context, _path: Path) -> FlagResult | None:
        unit = context.attributes.get(attribute)
        if type(unit) is not str:
            unit = unit_text(unit)
        if not unit and fallback:
            unit = unit_text(context.attributes.get(fallback))
        return result if unit and low <= bucket(unit) < high else None

    return roll_out


def _experiment(key: str, rule: Mapping[str, Any], scope: Scope) -> Rule:
    experiment = CompiledExperiment(
        rule, scope, key=rule.get("key") or key, feature_id=key, targeted=True
    )
    on = tuple(is_on(value) for value in experiment.variations)
    rule_id = rule.get("id") or ""

    def assign(context: Context, path: Path) -> FlagResult | None:
        result = experiment.assign(context, path)
        if result is None or result.passthrough:
            return None
        return FlagResult(
            key,
            result.value,
            on[result.variation_id],
            "experiment",
            rule_id,
            experiment.definition_for(context, result),
            result,
        )

    return assign


def _filtered(serve: Rule, rule: Mapping[str, Any]) -> Rule:
    admits = compile_filters(rule["filters"])
    return lambda context, path: serve(context, path) if admits(context) else None


def _targeted(serve: Rule, rule: Mapping[str, Any], scope: Scope) -> Rule:
    holds = scope.conditions.compile(rule["condition"])
    return lambda context, path: serve(context, path) if holds(context.attributes) else None


def _gated(serve: Rule, key: str, rule: Mapping[str, Any], scope: Scope) -> Rule:
    gate = compile_prerequisites(
        rule["parentConditions"], lookup=scope.lookup, conditions=scope.conditions
    )
    refusals = {
        "gate": FlagResult(key, None, False, "prerequisite"),
        "cyclic": FlagResult(key, None, False, "cyclicPrerequisite"),
        "skip": None,
    }

    def guard(context: Context, path: Path) -> FlagResult | None:
        verdict = gate(context, path.entered(key))
        return serve(context, path) if verdict == "pass" else refusals[verdict]

    return guard
