"""The local SageMaker over HTTP: AWS's calls as the emulator lets them through, and faults."""

from __future__ import annotations

import hmac
import json
import sys
import traceback
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ops.local.sagemaker.control_plane import ControlPlane
from ops.local.sagemaker.faults import Fault, Faults, InvalidFault
from ops.local.sagemaker.operation import Refusal
from ops.local.sagemaker.pace import Pace
from ops.local.sagemaker.wire import Answer, read_call, write_output, write_refusal
from ops.local.settings import LOOPBACK

KEY_HEADER = "x-kindred-key"
MINUTE_HEADER = "x-kindred-minute-seconds"
HEALTH_PATH = "/_kindred/health"
FAULTS_PATH = "/_kindred/faults"
# What InvokeEndpoint takes at most.
LONGEST_BODY_BYTES = 25 * 1024 * 1024
JSON = {"Content-Type": "application/json"}


class SageMakerServer(ThreadingHTTPServer):
    """Each connection has a thread: a slow model keeps only its own caller waiting."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        port: int,
        key: str,
        *,
        control_plane: ControlPlane,
        faults: Faults,
        pace: Pace,
        describe_models: Callable[[], list[dict[str, Any]]],
    ) -> None:
        super().__init__((LOOPBACK, port), _Handler)
        self.key, self.control_plane, self.faults, self.pace = key, control_plane, faults, pace
        self.describe_models = describe_models

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hangs up is nobody's failure."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """Nobody who does not know the platform's key learns more than that it is there."""
        if path == HEALTH_PATH:
            return Answer(200, JSON, b"{}")
        if not hmac.compare_digest(headers.get(KEY_HEADER, ""), self.key):
            return write_refusal(Refusal("AccessDeniedException", "not the platform's key", 403))
        if path == FAULTS_PATH:
            return self._answer_on_faults(method, body)
        if MINUTE_HEADER in headers:
            self.pace.minute_seconds = float(headers[MINUTE_HEADER])
        try:
            call = read_call(method, path, headers, body)
            output = self.control_plane.call(call.service, call.operation, call.parameters)
            return write_output(call, output)
        except Refusal as refusal:
            return write_refusal(refusal)
        except Exception:
            traceback.print_exc()
            failure = Refusal("InternalFailure", "the local SageMaker failed; see its log", 500)
            return write_refusal(failure)

    def describe(self) -> dict[str, Any]:
        """What runs, and what is made to fail."""
        return {
            "minute_seconds": self.pace.minute_seconds,
            "models": self.describe_models(),
            "faults": self.faults.describe(),
        }

    def _answer_on_faults(self, method: str, body: bytes) -> Answer:
        try:
            match method:
                case "POST":
                    self.faults.switch_on(Fault(**json.loads(body)))
                case "DELETE":
                    self.faults.switch_off(json.loads(body or b"{}").get("name"))
        except (InvalidFault, TypeError, ValueError) as error:
            return Answer(400, JSON, json.dumps({"message": str(error)}).encode())
        return Answer(200, JSON, json.dumps({"faults": self.faults.describe()}).encode())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Small answers must not wait for one another.
    disable_nagle_algorithm = True
    server: SageMakerServer

    def _handle(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > LONGEST_BODY_BYTES:
            message = f"at most {LONGEST_BODY_BYTES} bytes are taken"
            self.close_connection = True
            self._write(write_refusal(Refusal("ValidationException", message, 413)))
            return
        body = self.rfile.read(length)
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._write(self.server.answer(self.command, self.path, headers, body))

    do_GET = do_POST = do_PUT = do_DELETE = _handle  # noqa: N815

    def _write(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: what matters is announced and measured."""
