"""Assigns a unit to a variation of one experiment, and says so on the stream when asked to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from experiment_functions.current_snapshot import DefinitionsUnavailable
from experiment_functions.evaluation_answer import assignment_answer
from experiment_functions.evaluation_observation import emit
from experiment_functions.evaluation_request import (
    InvalidRequest,
    check_event,
    read_context,
    read_experiment_key,
)
from experiment_functions.evaluation_settings import current_snapshot
from experiment_functions.exposures import put_exposure, read_exposure
from kindred.experiments.engine.snapshot import UnknownExperiment

MOST_KEYS_NAMED = 20


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    current = current_snapshot()
    try:
        check_event(event)
        key = read_experiment_key(event)
        context, _ = read_context(event)
        exposure = read_exposure(event)
        snapshot = current.get()
        result = snapshot.run_experiment(key, context)
    except InvalidRequest as problem:
        emit({"InvalidRequests": 1}, current)
        return problem.to_json()
    except UnknownExperiment:
        emit({"UnknownExperiments": 1}, current)
        known = ", ".join(snapshot.experiment_keys[:MOST_KEYS_NAMED]) or "none is defined"
        return InvalidRequest("unknown_experiment", given=key, allowed=known).to_json()
    except DefinitionsUnavailable as problem:
        emit({"DefinitionsUnavailable": 1}, current)
        return problem.to_json()
    answer = assignment_answer(result, snapshot.redirect_of(result, context))
    counts = {"Assignments": int(result.in_experiment)}
    # A variation that somebody forced says nothing of the units that a hash assigns.
    if exposure is not None and result.in_experiment and result.hash_used:
        answer["exposure"] = put_exposure(
            exposure,
            result,
            began=snapshot.began(key),
            segments=snapshot.segments_of(key),
            attributes=context.attributes,
        )
        counts["ExposuresRefused"] = int(answer["exposure"]["status"] != "accepted")
    emit(counts, current)
    return {**answer, "snapshot_version": snapshot.version}
