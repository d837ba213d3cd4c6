"""`python -m ops.local.traces`: one port, for HTTP and for X-Ray's datagrams, until SIGTERM."""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path

from ops.local.traces.kept_traces import KeptTraces
from ops.local.traces.server import DaemonServer, TraceServer


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    kept = KeptTraces()
    with TraceServer(given.port, kept) as server, DaemonServer(given.port, kept) as daemon:
        for each in (server, daemon):
            threading.Thread(target=each.serve_forever, daemon=True).start()
        stop.wait()


if __name__ == "__main__":
    main()
