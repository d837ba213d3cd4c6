"""Shows the console of a laptop's platform in a browser, through the emulated CloudFront."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import httpx

# The user pool of an environment without a console's name sends people back to this port.
PORT = 8080
# Paths of Cognito's hosted pages, which the emulator serves under its own name.
_SIGN_IN = ("/oauth2/", "/login", "/logout")
_HOP_BY_HOP = {
    "connection",
    "content-encoding",
    "content-length",
    "keep-alive",
    "transfer-encoding",
}


class Preview(BaseHTTPRequestHandler):
    """Passes a browser's requests on to the distribution, and to the sign-in beside it."""

    emulator: ClassVar[str]
    distribution: ClassVar[str]

    def _pass_on(self) -> None:
        signing_in = self.path.startswith(_SIGN_IN)
        host = httpx.URL(self.emulator).netloc.decode() if signing_in else self.distribution
        sent = {name.lower(): value for name, value in self.headers.items()}
        for name in _HOP_BY_HOP:
            sent.pop(name, None)
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        answer = httpx.request(
            self.command,
            f"{self.emulator}{self.path}",
            headers={**sent, "host": host},
            content=body,
            timeout=30,
        )
        self.send_response(answer.status_code)
        for name, value in answer.headers.multi_items():
            if name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("content-length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    def do_GET(self) -> None:
        self._pass_on()

    def do_POST(self) -> None:
        self._pass_on()

    def log_message(self, format: str, *args: object) -> None:
        """What a browser asks for is of no interest here."""


def preview_server(*, emulator: str, distribution: str, port: int = PORT) -> ThreadingHTTPServer:
    """On this machine alone; `distribution` is the host that CloudFront gave the console."""
    handler = type("_Preview", (Preview,), {"emulator": emulator, "distribution": distribution})
    return ThreadingHTTPServer(("127.0.0.1", port), handler)
