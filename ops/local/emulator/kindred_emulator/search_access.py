"""Say who may call the search domain: its stand-in asks here, since roles are known here only."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from typing import Any
from urllib.parse import parse_qs

from ministack import app as emulator
from ministack.core import iam_evaluator
from ministack.core.responses import get_region
from ministack.core.router import extract_access_key_id
from ministack.services import opensearch

PATH = "/_kindred/search-access"
ASKED_HEADER = "x-kindred-asked"


def install() -> None:
    """Answer the stand-in's question beside the emulator's own health checks."""
    handle = emulator._handle_pre_body_request

    async def answering(method: str, path: str, headers: dict[str, str], *rest: Any) -> Any:
        if path != PATH:
            return await handle(method, path, headers, *rest)
        asked = json.loads(urlsafe_b64decode(headers[ASKED_HEADER]))
        headers = {"Content-Type": "application/json"}
        return 200, headers, json.dumps({"refusal": _refusal(**asked)}).encode()

    emulator._handle_pre_body_request = answering


def _refusal(method: str, path: str, query: str, headers: dict[str, str]) -> str | None:
    """Why the request is refused, by its signature and its caller's policies; None when allowed.

    The headers hold the hash of the body in `x-amz-content-sha256`.
    """
    action = f"es:ESHttp{method.title()}"
    pinned = [(name.encode(), value.encode()) for name, value in headers.items()]
    iam_evaluator.pin_signed_request(method, path, parse_qs(query), pinned)
    access_key = extract_access_key_id(headers, {})
    refused = None
    for domain in list(opensearch._domains.values()):
        arn = f"{domain['ARN']}{path}"
        refused = iam_evaluator.enforce(access_key, action, "es", get_region(), resource_arn=arn)
        if refused is None:
            return None
    if isinstance(refused, iam_evaluator.AuthError):
        return str(refused.message)
    return f"no identity-based policy allows {action} on the domain"
