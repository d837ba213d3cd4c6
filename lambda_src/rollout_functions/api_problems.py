"""Answers of the API, and refusals as problem details."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from kindred.problem_details import Refusal, problem_document


def try_again(detail: str, *, slug: str, seconds: int = 1) -> Refusal:
    """The same request may well be answered a little later."""
    return Refusal(
        HTTPStatus.SERVICE_UNAVAILABLE, detail, slug=slug, headers={"Retry-After": str(seconds)}
    )


def answer(
    status: HTTPStatus, document: Any, *, headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """As API Gateway's proxy integration takes it."""
    return _proxied(status, document, "application/json", headers or {})


def problem(refusal: Refusal, *, instance: str) -> dict[str, Any]:
    """`instance` is the request's id."""
    document = problem_document(refusal, instance=instance)
    return _proxied(refusal.status, document, "application/problem+json", refusal.headers)


def _proxied(
    status: HTTPStatus, document: Any, media_type: str, headers: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "statusCode": int(status),
        "headers": {"content-type": media_type, **headers},
        "body": json.dumps(document, ensure_ascii=False, separators=(",", ":")),
        "isBase64Encoded": False,
    }
