"""/batch-predictions: predictions for a whole file, and how far they are."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from kindred.problem_details import Refusal, invalid_field
from kindred_aws.transform_jobs import InputNotFound, JobNotFound, TransformJob
from rollout_functions.api_problems import answer, try_again
from rollout_functions.api_requests import ProxyRequest, no_such_route, respond
from rollout_functions.api_settings import served_models, transform_jobs
from rollout_functions.body_reading import read_body
from rollout_functions.deployment_changes import require_endpoint
from rollout_functions.prediction_requests import BatchPredictionIn
from rollout_functions.roles import principal_of, require

_JOB_ID = re.compile(r"batch-[0-9a-f]{32}\Z")


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    return respond(event, "batch-predictions", _route)


def _route(request: ProxyRequest) -> dict[str, Any]:
    match request.method, request.segments:
        case "POST", ():
            return _start(request)
        case "GET", (job_id,) if job_id:
            return _show(request, job_id)
        case _, ():
            raise no_such_route(request, allowed="POST")
        case _, (job_id,) if job_id:
            raise no_such_route(request, allowed="GET")
    raise no_such_route(request)


def _start(request: ProxyRequest) -> dict[str, Any]:
    principal = principal_of(request.event)
    require(principal, "experimenter")
    request.parameters()
    asked = read_body(request.body, BatchPredictionIn)
    require_endpoint(asked.endpoint)
    model_name = served_models().production_model(asked.endpoint)
    if model_name is None:
        raise try_again(
            f"endpoint {asked.endpoint} serves no model yet",
            slug="model_not_registered",
            seconds=60,
        )
    try:
        job = transform_jobs().start(
            _job_id(asked.endpoint, principal.name, request.idempotency_key),
            model_name=model_name,
            input_key=asked.input,
        )
    except InputNotFound as error:
        raise invalid_field("/input", str(error)) from error
    if job.input_key != asked.input:
        raise Refusal(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"idempotency key: it began a job over {job.input_key}; allowed the same request "
            "again, or another key",
            slug="idempotency-key-reused",
        )
    location = {"Location": f"/batch-predictions/{job.job_id}"}
    return answer(HTTPStatus.ACCEPTED, _document(job), headers=location)


def _show(request: ProxyRequest, job_id: str) -> dict[str, Any]:
    require(principal_of(request.event), "viewer")
    request.parameters()
    try:
        if not _JOB_ID.match(job_id):
            raise JobNotFound(f"job_id: given {job_id!r}, which is unknown")
        return answer(HTTPStatus.OK, _document(transform_jobs().load(job_id)))
    except JobNotFound as error:
        raise Refusal(HTTPStatus.NOT_FOUND, str(error), slug="job-not-found") from error


def _job_id(endpoint: str, by: str, key: str | None) -> str:
    """The same for the same key of the same caller, so that a repeated request begins nothing."""
    if key is None:
        return f"batch-{secrets.token_hex(16)}"
    named = "\n".join((endpoint, by, key))
    return f"batch-{hashlib.sha256(named.encode()).hexdigest()[:32]}"


def _document(job: TransformJob) -> dict[str, Any]:
    """SageMaker counts no lines of a job under way: how long it has run is what can be said."""
    until = job.ended_at or datetime.now(UTC)
    return {
        "job_id": job.job_id,
        "state": job.status,
        "model": job.model_name,
        "input": job.input_key,
        "output": job.output_prefix,
        "reason": job.failure,
        "created_at": job.created_at.isoformat(),
        "started_at": job.started_at.isoformat() if job.started_at else None,
        "ended_at": job.ended_at.isoformat() if job.ended_at else None,
        "running_seconds": round((until - job.started_at).total_seconds()) if job.started_at else 0,
    }
