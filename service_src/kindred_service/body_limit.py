"""Refuses a body that is too large, as a problem like any other: the framework's own limit answers
in plain text."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_BYTES = 64 * 1024


class BodyLimit:
    def __init__(self, app: ASGIApp, *, body_bytes: int = BODY_BYTES) -> None:
        self._app = app
        self._body_bytes = body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "0")
        read = int(declared) if declared.isdecimal() else 0

        async def receive_bounded() -> Message:
            nonlocal read
            if read > self._body_bytes:
                raise _too_large(self._body_bytes)
            message = await receive()
            if declared == "0":
                read += len(message.get("body", b""))
                if read > self._body_bytes:
                    raise _too_large(self._body_bytes)
            return message

        await self._app(scope, receive_bounded, send)


def _too_large(body_bytes: int) -> HTTPException:
    return HTTPException(413, f"the body is over {body_bytes} bytes, which is what is allowed")
