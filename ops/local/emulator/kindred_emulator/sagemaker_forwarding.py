"""Calls on SageMaker and its autoscaling: signature and policies here, the answer beside."""

from __future__ import annotations

import asyncio
import contextvars
import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

from ministack import app as emulator
from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.core.router import extract_access_key_id

from .sagemaker_access import PREFIXES, Need, NotUnderstood, needs
from .sagemaker_connection import OF_THE_CONNECTION, send

SCOPES = frozenset(PREFIXES.values())
# Models that take their time must not keep others waiting.
THREADS = 64

Answer = tuple[int, dict[str, str], bytes]


def install() -> None:
    """Before the emulator looks for a service of its own."""
    handle = emulator._handle_post_body_shortcuts
    threads = ThreadPoolExecutor(THREADS, thread_name_prefix="sagemaker")

    async def answering(
        method: str, path: str, headers: dict[str, str], body: bytes, query: Any, request_id: str
    ) -> Any:
        if not is_ours(headers):
            return await handle(method, path, headers, body, query, request_id)
        refused = refusal(method, path, headers, body, query)
        if refused:
            return refused
        url = f"{path}?{urlencode(query, doseq=True)}" if query else path
        loop = asyncio.get_running_loop()
        scope = contextvars.copy_context()
        return await loop.run_in_executor(threads, scope.run, _forward, method, url, headers, body)

    emulator._handle_post_body_shortcuts = answering


def is_ours(headers: dict[str, str]) -> bool:
    """By the service that it was signed for, or by the target that it names."""
    scope = headers.get("authorization", "").partition("Credential=")[2].split(",")[0].split("/")
    named = headers.get("x-amz-target", "").partition(".")[0]
    return (len(scope) > 3 and scope[3] in SCOPES) or named in PREFIXES


def refusal(
    method: str, path: str, headers: dict[str, str], body: bytes, query: Any
) -> Answer | None:
    """Why AWS would refuse the caller; None when it would not."""
    iam_evaluator.pin_request_caller(headers, query)
    region, target = get_region(), headers.get("x-amz-target", "")
    try:
        wanted = needs(method, path, target, body, region=region, account=get_account_id())
    except NotUnderstood as error:
        return _error("UnknownOperationException", str(error), 400)
    access_key = extract_access_key_id(headers, query)
    for need in wanted:
        service = need.action.partition(":")[0]
        refused = iam_evaluator.enforce(
            access_key, need.action, service, region, need.resource, need.context
        )
        if refused is not None:
            return _denied(refused, need, by_target=bool(target))
    return None


def _denied(refused: Any, need: Need, *, by_target: bool) -> Answer:
    status = 400 if by_target else 403
    if isinstance(refused, iam_evaluator.AuthError):
        return _error(refused.code, refused.message, status)
    message = iam_actions.identity_denial_message(
        need.action, refused.principal_arn, need.resource, refused.decision == "Deny"
    )
    return _error("AccessDeniedException", message, status)


def _error(code: str, message: str, status: int) -> Answer:
    headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-errortype": code}
    return status, headers, json.dumps({"__type": code, "message": message}).encode()


def _forward(method: str, url: str, headers: dict[str, str], body: bytes) -> Answer:
    try:
        status, given, content = send(method, url, headers, body)
    except (OSError, http.client.HTTPException) as error:
        return _error("InternalFailure", f"the local SageMaker does not answer: {error}", 503)
    kept = {name: text for name, text in given.items() if name.lower() not in OF_THE_CONNECTION}
    return status, kept, content
