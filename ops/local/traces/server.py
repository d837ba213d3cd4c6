"""Takes spans as a collector, X-Ray's daemon and X-Ray's API do, and gives them back."""

from __future__ import annotations

import gzip
import json
import socketserver
import sys
from collections.abc import Iterable
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from ops.local.settings import LOOPBACK
from ops.local.traces.kept_traces import KeptTraces
from ops.local.traces.span import InvalidSpan, Span, read_export, read_segment

EXPORT_PATH = "/v1/traces"
# Of X-Ray's PutTraceSegments.
SEGMENTS_PATH = "/TraceSegments"
READ_PATH = "/_kindred/traces"
LATEST = 50
LONGEST_BODY_BYTES = 16 * 1024 * 1024
_PROTOBUF = "application/x-protobuf"
_JSON = "application/json"
Answer = tuple[int, str, bytes]


class TraceServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, kept: KeptTraces) -> None:
        super().__init__((LOOPBACK, port), _HttpHandler)
        self.kept = kept

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hangs up is nobody's failure."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def post(self, path: str, body: bytes) -> Answer:
        try:
            if path == EXPORT_PATH:
                self.kept.add(read_export(body))
                return 200, _PROTOBUF, b""
            if path == SEGMENTS_PATH:
                return 200, _JSON, json.dumps(self._take_segments(body)).encode()
        except (InvalidSpan, ValueError, KeyError) as error:
            return 400, _JSON, json.dumps({"message": str(error)}).encode()
        return 404, _JSON, b"{}"

    def get(self, path: str) -> Answer:
        if path == READ_PATH:
            return 200, _JSON, json.dumps(self.kept.latest(LATEST)).encode()
        folder, _, trace_id = path.rpartition("/")
        if folder == READ_PATH:
            spans = [asdict(span) for span in self.kept.of(trace_id)]
            return 200, _JSON, json.dumps(spans).encode()
        return 404, _JSON, b"{}"

    def _take_segments(self, body: bytes) -> dict[str, Any]:
        refused = []
        for document in json.loads(body)["TraceSegmentDocuments"]:
            try:
                self.kept.add(list(read_segment(document)))
            except InvalidSpan as error:
                refused.append({"ErrorCode": "InvalidSegment", "Message": str(error)})
        return {"UnprocessedTraceSegments": refused}


class DaemonServer(socketserver.UDPServer):
    """X-Ray's daemon: a line that says the format, and a document."""

    max_packet_size = 65_536

    def __init__(self, port: int, kept: KeptTraces) -> None:
        super().__init__((LOOPBACK, port), socketserver.BaseRequestHandler)
        self._kept = kept

    def finish_request(self, request: Any, _: Any) -> None:
        self._kept.add(_datagram(request[0]))


def _datagram(data: bytes) -> Iterable[Span]:
    _, _, document = data.partition(b"\n")
    try:
        return list(read_segment(document.decode(errors="replace")))
    except InvalidSpan as error:
        print(error, flush=True)  # noqa: T201
        return ()


class _HttpHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: TraceServer

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > LONGEST_BODY_BYTES:
            self.close_connection = True
            self._answer(413, _JSON, b"{}")
            return
        body = self.rfile.read(length)
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self._answer(*self.server.post(urlsplit(self.path).path, body))

    def do_GET(self) -> None:
        self._answer(*self.server.get(urlsplit(self.path).path))

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Spans come by the thousand."""
