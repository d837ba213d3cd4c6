"""One answered request, as it is measured and recorded."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus

from fastapi import Request

from kindred.experiments.arm_metrics import Operation, ServedRequest
from kindred_aws.request_log import RequestRecord
from kindred_service.collaborators import Collaborators
from kindred_service.interactions import unit_id
from kindred_service.query import ResolvedQuery
from kindred_service.wire import QueryIn

_LATENCY_METRIC = {
    "find_similar": "similarity_search_latency",
    "predict": "prediction_latency",
}


@dataclass(slots=True)
class Answer:
    """What the work inside `served` says of its answer."""

    request_id: str
    predicted_score: float | None = None


@contextmanager
def served(
    request: Request,
    collaborators: Collaborators,
    *,
    operation: Operation,
    query: QueryIn,
    resolved: ResolvedQuery,
) -> Iterator[Answer]:
    """Records the request for its arm when the work inside ends, well or not."""
    answer = Answer(request_id=str(uuid.uuid4()))
    failed = True
    try:
        yield answer
        failed = False
    finally:
        latency_ms = elapsed_ms(request)
        collaborators.metrics.observe_latency(_LATENCY_METRIC[operation], latency_ms)
        at = time.time()
        collaborators.recorder.add(
            ServedRequest(
                experiment_id=resolved.assigned.experiment_id,
                arm=resolved.arm,
                new_unit=resolved.assigned.is_new,
                operation=operation,
                latency_ms=latency_ms,
                failed=failed,
                at=at,
            ),
            RequestRecord(
                request_id=answer.request_id,
                correlation_id=request.scope["correlation_id"],
                at=at,
                service=collaborators.service_name,
                operation=operation,
                experiment_id=resolved.assigned.experiment_id,
                arm=resolved.arm,
                model_version=resolved.model.version,
                unit_id=unit_id(query.partner_id, query.app_id),
                app_id=query.app_id,
                status=HTTPStatus.INTERNAL_SERVER_ERROR if failed else HTTPStatus.OK,
                latency_ms=latency_ms,
                predicted_score=answer.predicted_score,
            ),
        )


def elapsed_ms(request: Request) -> float:
    """Since the first byte of the request reached the application."""
    return (time.perf_counter() - float(request.scope["started"])) * 1_000
