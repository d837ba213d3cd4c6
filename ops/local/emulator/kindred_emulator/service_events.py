"""Events of AWS's own services, which PutEvents refuses to everybody else."""

from __future__ import annotations

import hmac
import json
import os
from typing import Any

from ministack import app as emulator
from ministack.services import eventbridge

from .sagemaker_connection import KEY_HEADER

PATH = "/_kindred/service-events"


def install() -> None:
    """Take them from the local SageMaker, who knows the platform's key."""
    handle = emulator._handle_post_body_shortcuts

    async def answering(
        method: str, path: str, headers: dict[str, str], body: bytes, query: Any, request_id: str
    ) -> Any:
        if path != PATH:
            return await handle(method, path, headers, body, query, request_id)
        key = headers.get(KEY_HEADER, "")
        if not hmac.compare_digest(key, os.environ["KINDRED_SAGEMAKER_KEY"]):
            return 403, {"Content-Type": "text/plain"}, b"not the platform's key\n"
        return eventbridge._put_events(json.loads(body), allow_aws_source=True)

    emulator._handle_post_body_shortcuts = answering
