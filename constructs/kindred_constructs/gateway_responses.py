"""What API Gateway itself answers with: problem details (RFC 9457), as the services do."""

from __future__ import annotations

from aws_cdk import aws_apigateway as apigateway

# Plain words where API Gateway's own would mislead: it answers an unknown path with
# "Missing Authentication Token", and a failed link with nothing.
_PROBLEMS: tuple[tuple[str, apigateway.ResponseType, str, str, str], ...] = (
    (
        "BadParameters",
        apigateway.ResponseType.BAD_REQUEST_PARAMETERS,
        "400",
        "Bad Request",
        "parameters: one that this path requires is missing",
    ),
    (
        "InvalidApiKey",
        apigateway.ResponseType.INVALID_API_KEY,
        "403",
        "Forbidden",
        "header x-api-key: missing or unknown, allowed a key of this API",
    ),
    (
        "Unauthorized",
        apigateway.ResponseType.UNAUTHORIZED,
        "401",
        "Unauthorized",
        "header Authorization: missing, expired or unknown, allowed Bearer and an ID token",
    ),
    (
        "UnknownPath",
        apigateway.ResponseType.MISSING_AUTHENTICATION_TOKEN,
        "404",
        "Not Found",
        "no such path and method",
    ),
    (
        "NotFound",
        apigateway.ResponseType.RESOURCE_NOT_FOUND,
        "404",
        "Not Found",
        "no such path and method",
    ),
    (
        "Throttled",
        apigateway.ResponseType.THROTTLED,
        "429",
        "Too Many Requests",
        "more requests a second than this key may send",
    ),
    (
        "QuotaExceeded",
        apigateway.ResponseType.QUOTA_EXCEEDED,
        "429",
        "Too Many Requests",
        "more requests a day than this key may send",
    ),
    (
        "TooLarge",
        apigateway.ResponseType.REQUEST_TOO_LARGE,
        "413",
        "Content Too Large",
        "the body is larger than allowed",
    ),
    (
        "UnsupportedMediaType",
        apigateway.ResponseType.UNSUPPORTED_MEDIA_TYPE,
        "415",
        "Unsupported Media Type",
        "content type: allowed application/json",
    ),
    (
        "IntegrationFailure",
        apigateway.ResponseType.INTEGRATION_FAILURE,
        "502",
        "Bad Gateway",
        "the service could not be reached",
    ),
    (
        "IntegrationTimeout",
        apigateway.ResponseType.INTEGRATION_TIMEOUT,
        "504",
        "Gateway Timeout",
        "the service did not answer in time",
    ),
)


def add_problem_responses(api: apigateway.RestApi, *, bad_body: str) -> None:
    """`bad_body` is what is allowed in one, in fixed words."""
    body = ("BadBody", apigateway.ResponseType.BAD_REQUEST_BODY, "400", "Bad Request")
    for construct_id, kind, status, title, detail in ((*body, f"body: {bad_body}"), *_PROBLEMS):
        api.add_gateway_response(
            construct_id,
            type=kind,
            status_code=status,
            response_headers=_headers(retry=status == "429"),
            templates={"application/json": _template(title, status, f'"{detail}"')},
        )
    # Any other: API Gateway keeps its own status, which the template cannot know.
    for construct_id, kind, title in (
        ("Default4xx", apigateway.ResponseType.DEFAULT_4_XX, "Request refused"),
        ("Default5xx", apigateway.ResponseType.DEFAULT_5_XX, "Request failed"),
    ):
        api.add_gateway_response(
            construct_id,
            type=kind,
            response_headers=_headers(retry=False),
            templates={"application/json": _template(title, None, "$context.error.messageString")},
        )


def _template(title: str, status: str | None, detail: str) -> str:
    shown = f'"status":{status},' if status else ""
    return (
        f'{{"type":"about:blank","title":"{title}",{shown}"detail":{detail},'
        '"instance":"$context.requestId"}'
    )


def _headers(*, retry: bool) -> dict[str, str]:
    headers = {
        "Content-Type": "'application/problem+json'",
        "x-correlation-id": "context.requestId",
    }
    return {**headers, "Retry-After": "'1'"} if retry else headers
