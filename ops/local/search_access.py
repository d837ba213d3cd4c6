"""Whether a call on the search domain's stand-in is signed by somebody who may make it."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode

import httpx
from fastapi import Request

PATH = "/_kindred/search-access"
ASKED_HEADER = "x-kindred-asked"
UNSIGNED = "this domain is called with signed requests only"


class SearchAccess:
    """Asks the emulator, which knows roles, policies and sessions."""

    def __init__(self, emulator_url: str) -> None:
        self._client = httpx.AsyncClient(base_url=emulator_url, timeout=10)

    async def refusal(self, request: Request, body: bytes) -> str | None:
        """Why AWS would refuse the call; None when it would not. Raises httpx.HTTPError."""
        headers = dict(request.headers)
        if "authorization" not in headers:
            return UNSIGNED
        asked = {
            "method": request.method,
            "path": request.url.path,
            "query": request.url.query,
            "headers": {**headers, "x-amz-content-sha256": hashlib.sha256(body).hexdigest()},
        }
        sent = {ASKED_HEADER: urlsafe_b64encode(json.dumps(asked).encode()).decode()}
        answer = await self._client.get(PATH, headers=sent)
        refusal: str | None = answer.raise_for_status().json()["refusal"]
        return refusal
