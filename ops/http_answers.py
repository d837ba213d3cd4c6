"""What the platform's API answers a program: what passes by itself, and what is wrong, in words."""

from __future__ import annotations

from http import HTTPStatus

import httpx

# The same request may be answered a little later.
PASSING = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)


def detail_of(answer: httpx.Response) -> str:
    """The status and what the problem document says, with the choices that it names."""
    try:
        problem = answer.json()
    except ValueError:
        problem = None
    if not isinstance(problem, dict):
        problem = {}
    detail = problem.get("detail") or problem.get("message") or answer.text[:200]
    choices = [each for error in problem.get("errors", []) for each in error.get("allowed") or []]
    allowed = f"; allowed: {', '.join(choices)}" if choices else ""
    return f"{answer.status_code} {detail}{allowed}"
