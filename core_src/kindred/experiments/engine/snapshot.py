"""All flags and experiments of one payload, compiled once and never changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kindred.experiments.engine.conditions import Conditions
from kindred.experiments.engine.context import Context
from kindred.experiments.engine.experiments import CompiledExperiment
from kindred.experiments.engine.flags import Evaluate, compile_flag
from kindred.experiments.engine.payload_shape import InvalidPayload, check_shape, open_payload
from kindred.experiments.engine.prerequisites import START, Path
from kindred.experiments.engine.results import ExperimentResult, FlagResult, Redirect, is_on
from kindred.experiments.engine.scope import Scope
from kindred.experiments.engine.urls import url_with_query

__all__ = ["InvalidPayload", "Snapshot", "UnknownExperiment", "compile_snapshot"]

# Holdouts are flags that others wait for; nobody reads them by themselves.
HOLDOUT_PREFIX = "holdout:"


class UnknownExperiment(KeyError):
    """The argument is the key that was given."""


class Snapshot:
    """Holders swap it whole: reading needs no lock. Made by `compile_snapshot`.

    `redirecting` are the experiments that lead pages elsewhere by themselves, in their order.
    """

    __slots__ = ("_experiments", "_flags", "payload", "redirecting", "version")

    def __init__(
        self,
        payload: Mapping[str, Any],
        *,
        version: str,
        flags: Mapping[str, Evaluate],
        experiments: Mapping[str, CompiledExperiment],
        redirecting: tuple[CompiledExperiment, ...],
    ) -> None:
        self.payload = payload
        self.version = version
        self._flags = flags
        self._experiments = experiments
        self.redirecting = redirecting

    @property
    def flag_keys(self) -> tuple[str, ...]:
        return tuple(key for key in self._flags if not key.startswith(HOLDOUT_PREFIX))

    @property
    def experiment_keys(self) -> tuple[str, ...]:
        return tuple(self._experiments)

    def evaluate_flag(self, key: str, context: Context) -> FlagResult:
        """An unknown key gives null, with source `unknownFeature`."""
        if context.forced_features and key in context.forced_features:
            return _overridden(key, context)
        flag = self._flags.get(key)
        return _unknown(key) if flag is None else flag(context, START)

    def run_experiment(self, key: str, context: Context) -> ExperimentResult:
        """Raises UnknownExperiment."""
        experiment = self._experiments.get(key)
        if experiment is None:
            raise UnknownExperiment(key)
        return experiment.run(context)

    def redirect(self, context: Context) -> Redirect | None:
        """Where the first experiment that redirects the page at `context.url` leads."""
        for experiment in self.redirecting:
            result = experiment.assign(context)
            found = None if result is None else self.redirect_of(result, context)
            if found is not None:
                return found
        return None

    def redirect_of(self, result: ExperimentResult, context: Context) -> Redirect | None:
        """Where a variation of one of the payload's experiments leads; None when nowhere."""
        url = result.value.get("urlRedirect") if isinstance(result.value, dict) else None
        if not result.in_experiment or not url:
            return None
        definition = self._experiments[result.experiment_key].definition
        keeps = bool(definition.get("persistQueryString"))
        return Redirect(result, url, url_with_query(url, context.url) if keeps else url)

    def segments_of(self, key: str) -> tuple[str, ...]:
        """The attributes by whose values the experiment's results are split."""
        return tuple(self._experiments[key].definition.get("segments") or ())

    def began(self, key: str) -> datetime | None:
        """When the experiment started, where the payload tells."""
        started = self._experiments[key].definition.get("startedAt")
        return datetime.fromisoformat(started) if started else None


def compile_snapshot(payload: Mapping[str, Any], *, decryption_key: str | None = None) -> Snapshot:
    """`payload` is GrowthBook's: features, experiments, savedGroups, contextualBandits, each of
    them in the clear or encrypted. Raises InvalidPayload, which names all problems."""
    opened = open_payload(payload, decryption_key)
    check_shape(opened)
    flags: dict[str, Evaluate] = {}

    def lookup(key: str, context: Context, path: Path) -> FlagResult:
        if context.forced_features and key in context.forced_features:
            return _overridden(key, context)
        if key in path.keys:
            return FlagResult(key, None, False, "cyclicPrerequisite")
        if path.found is not None and key in path.found:
            return path.found[key]
        result = flags[key](context, path) if key in flags else _unknown(key)
        # What is cyclic is so for the path that led to it.
        if path.found is not None and result.source != "cyclicPrerequisite":
            path.found[key] = result
        return result

    scope = Scope(
        Conditions(opened.get("savedGroups")), lookup, opened.get("contextualBandits") or {}
    )
    try:
        for key, feature in (opened.get("features") or {}).items():
            flags[key] = compile_flag(key, feature, scope)
        experiments = [
            CompiledExperiment(definition, scope, key=definition["key"])
            for definition in opened.get("experiments") or ()
        ]
    except RecursionError:
        raise InvalidPayload("a condition is nested too deep") from None
    return Snapshot(
        payload,
        version=version_of(payload),
        flags=flags,
        experiments={experiment.key: experiment for experiment in experiments},
        redirecting=tuple(experiment for experiment in experiments if experiment.redirects),
    )


def version_of(payload: Mapping[str, Any]) -> str:
    """The same for the same content, whatever the order of its properties; 16 hex digits."""
    canonical = json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _unknown(key: str) -> FlagResult:
    return FlagResult(key, None, False, "unknownFeature")


def _overridden(key: str, context: Context) -> FlagResult:
    value = context.forced_features[key]
    return FlagResult(key, value, is_on(value), "override")
