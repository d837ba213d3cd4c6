"""Evaluates one flag or up to a hundred for whoever invokes the function."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from typing import Any

from experiment_functions.current_snapshot import DefinitionsUnavailable
from experiment_functions.evaluation_answer import flag_answer
from experiment_functions.evaluation_observation import emit
from experiment_functions.evaluation_request import (
    InvalidRequest,
    check_event,
    read_context,
    read_flag_keys,
)
from experiment_functions.evaluation_settings import current_snapshot
from experiment_functions.recent_results import RecentResults
from kindred.experiments.engine.context import Context
from kindred.experiments.engine.snapshot import Snapshot


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """One flag's result for `flag_key`; for `flag_keys` the results under `flags`, by key."""
    current = current_snapshot()
    try:
        check_event(event)
        keys = read_flag_keys(event)
        context, text = read_context(event)
        snapshot = current.get()
    except InvalidRequest as problem:
        emit({"InvalidRequests": 1}, current)
        return problem.to_json()
    except DefinitionsUnavailable as problem:
        emit({"DefinitionsUnavailable": 1}, current)
        return problem.to_json()
    recent = recent_results()
    before = recent.hits
    answers = {
        key: recent.get_or(
            (snapshot.version, key, text), partial(_evaluate, snapshot, key, context)
        )
        for key in keys
    }
    emit({"FlagsEvaluated": len(keys), "CacheHits": recent.hits - before}, current)
    found = answers[keys[0]] if "flag_key" in event else {"flags": answers}
    return {**found, "snapshot_version": snapshot.version}


@cache
def recent_results() -> RecentResults:
    return RecentResults()


def _evaluate(snapshot: Snapshot, key: str, context: Context) -> dict[str, Any]:
    return flag_answer(snapshot.evaluate_flag(key, context))
