"""POST /inference: similar apps by whichever model the endpoint gives the request to."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Any

import msgspec

from kindred.privacy.forgetting import CAPTURED_DIGITS
from kindred.privacy.pseudonyms import digest_of
from kindred.problem_details import Refusal, invalid_field
from kindred_aws.pseudonym_secret import NoPseudonyms
from kindred_aws.sagemaker_inference import (
    CallRefused,
    EndpointNotFound,
    ModelFailed,
    ModelNotReached,
    ModelRefused,
    ModelReply,
    ModelTooSlow,
)
from rollout_functions.api_problems import answer, try_again
from rollout_functions.api_requests import ProxyRequest, no_such_route, respond
from rollout_functions.body_reading import read_body
from rollout_functions.inference_metrics import emit_latency, emit_outcome
from rollout_functions.inference_settings import model, pseudonym_secret
from rollout_functions.prediction_requests import (
    InferenceIn,
    ModelAnswer,
    inference_document,
    model_request,
)

# No fault of the caller's: of what the endpoint answered, or did not. Without any model yet there
# is nothing to alarm about.
_FAILURES = ("model-failed", "model-too-slow", "model-unavailable")


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    started = time.perf_counter()
    return respond(event, "inference", lambda request: _route(request, started))


def _route(request: ProxyRequest, started: float) -> dict[str, Any]:
    if request.segments:
        raise no_such_route(request)
    if request.method != "POST":
        raise no_such_route(request, allowed="POST")
    asked = read_body(request.body, InferenceIn)
    try:
        document = _predictions(asked, str(request.event["requestContext"]["requestId"]))
    except Refusal as refusal:
        if refusal.slug in _FAILURES:
            emit_outcome(failed=True)
        raise
    emit_outcome(failed=False)
    document["latency_ms"]["total"] = round((time.perf_counter() - started) * 1000, 1)
    return answer(HTTPStatus.OK, document)


def _predictions(asked: InferenceIn, request_id: str) -> dict[str, Any]:
    """Raises Refusal."""
    # A client and a secret, which the first request waits for, are not the model's time.
    invoke = partial(
        model().invoke,
        model_request(asked.features, asked.top_k),
        variant=asked.target_variant,
        inference_id=_inference_id(asked.user_id, request_id),
    )
    called = time.perf_counter()
    reply = _ask(invoke, asked.target_variant)
    model_ms = (time.perf_counter() - called) * 1000
    # Before it is read: an answer of a variant that nobody can read took its time all the same.
    emit_latency(reply.variant, model_ms)
    return inference_document(_read(reply), variant=reply.variant, model_ms=model_ms)


def _ask(invoke: Callable[[], ModelReply], variant: str | None) -> ModelReply:
    """Raises Refusal."""
    try:
        return invoke()
    except EndpointNotFound as error:
        raise try_again(
            "no model is registered yet: the first approved model package creates the endpoint",
            slug="model_not_registered",
            seconds=60,
        ) from error
    except CallRefused as error:
        if variant is None:
            raise _unavailable() from error
        raise invalid_field("/target_variant", str(error), given=variant) from error
    except ModelRefused as error:
        raise invalid_field("/features", f"the model takes no such request: {error}") from error
    except ModelFailed as error:
        raise Refusal(
            HTTPStatus.BAD_GATEWAY, f"the model failed: {error}", slug="model-failed"
        ) from error
    except ModelTooSlow as error:
        raise Refusal(
            HTTPStatus.GATEWAY_TIMEOUT, "the model did not answer in time", slug="model-too-slow"
        ) from error
    except ModelNotReached as error:
        raise _unavailable() from error


def _inference_id(user_id: str, request_id: str) -> str:
    """What is captured tells requests apart, and users of a day without naming them."""
    try:
        pseudonyms = pseudonym_secret().current
    except NoPseudonyms:
        return request_id[:64]
    user = digest_of(pseudonyms.on_day(user_id, at=datetime.now(UTC)))
    return f"{user[:CAPTURED_DIGITS]}-{request_id}"[:64]


def _unavailable() -> Refusal:
    detail = "the model cannot be reached right now; send this again"
    return try_again(detail, slug="model-unavailable")


def _read(reply: ModelReply) -> ModelAnswer:
    try:
        return msgspec.json.decode(reply.body, type=ModelAnswer)
    except msgspec.DecodeError as error:
        raise Refusal(
            HTTPStatus.BAD_GATEWAY,
            f"variant {reply.variant} answered with no predictions: {error}",
            slug="model-failed",
        ) from error
