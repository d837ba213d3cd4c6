"""The application that services start from: health, problems, observation, background work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aws_lambda_powertools import Logger
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException

from kindred.problem_details import Refusal
from kindred_service import health_routes
from kindred_service.background import repeat
from kindred_service.body_limit import BODY_BYTES, BodyLimit
from kindred_service.collaborators import Collaborators
from kindred_service.observation import CountsRequests, Observation
from kindred_service.problems import Problem, from_http, from_validation, respond

# FastAPI's own spans hold paths and queries, which name units and keys, and are made whenever a
# client asks for them: a request has the one span of Observation.
_NO_OTHER_TELEMETRY: TelemetryConfig = {
    "tracing": False,
    "operation_spans": False,
    "metrics": False,
    "logs": False,
}
_REFRESH_SECONDS = 15.0
_FLUSH_SECONDS = 5.0
_EMF_SECONDS = 60.0


def create_base_app(title: str, collaborators: Collaborators) -> FastAPI:
    app = create_observed_app(
        title,
        metrics=collaborators.metrics,
        logger=collaborators.logger,
        lifespan=_background(collaborators),
    )
    app.state.collaborators = collaborators
    app.include_router(health_routes.router)
    return app


def create_observed_app(
    title: str,
    *,
    metrics: CountsRequests,
    logger: Logger,
    lifespan: Any,
    body_bytes: int = BODY_BYTES,
) -> FastAPI:
    """Without a route: what every service answers, measures and refuses alike."""
    app = FastAPI(
        title=title,
        version="1",
        lifespan=lifespan,
        telemetry=_NO_OTHER_TELEMETRY,
        responses={"4XX": {"model": Problem, "description": "The request cannot be answered"}},
    )
    app.add_exception_handler(Refusal, refusing(lambda error: error))
    app.add_exception_handler(RequestValidationError, refusing(from_validation))
    app.add_exception_handler(HTTPException, refusing(from_http))
    app.add_middleware(BodyLimit, body_bytes=body_bytes)
    app.add_middleware(Observation, metrics=metrics, logger=logger)
    _document_problems(app)
    return app


def _background(collaborators: Collaborators) -> Any:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        work = [
            asyncio.create_task(repeat(each, every_seconds=seconds, logger=collaborators.logger))
            for each, seconds in (
                (collaborators.arms.refresh, _REFRESH_SECONDS),
                (collaborators.recorder.flush, _FLUSH_SECONDS),
                (collaborators.interactions.flush, _FLUSH_SECONDS),
                (collaborators.metrics.close_minute, _EMF_SECONDS),
            )
        ]
        try:
            yield
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            await asyncio.to_thread(collaborators.recorder.drain)
            await asyncio.to_thread(collaborators.interactions.flush)
            collaborators.metrics.close_minute()

    return lifespan


def refusing(
    refusal_of: Callable[[Any], Refusal],
) -> Callable[[Request, Exception], JSONResponse]:
    """An exception handler that answers with problem details."""
    return lambda request, error: respond(
        refusal_of(error), instance=request.scope.get("correlation_id")
    )


def _document_problems(app: FastAPI) -> None:
    """Say in the OpenAPI document that errors are problem details."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        for operations in document["paths"].values():
            for operation in operations.values():
                content = operation["responses"].get("4XX", {}).get("content", {})
                if "application/json" in content:
                    content["application/problem+json"] = content.pop("application/json")
        return document

    app.openapi = openapi  # type: ignore[method-assign]
