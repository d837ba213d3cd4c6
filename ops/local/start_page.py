"""The page that says where everything is, what runs, and what of it is real."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from string import Template
from typing import Any

from ops.local.assembly import read_assembly
from ops.local.commands_to_try import deployed_commands
from ops.local.fidelity import TypeFidelity, describe_types, summarize
from ops.local.settings import LOOPBACK, LocalSettings
from ops.local.state_files import read_json

POLL_SECONDS = 0.05
PAGE = Template((Path(__file__).parent / "start_page.html").read_text())


class StartPage:
    """Serves the page from its own thread; what it shows is read anew for each request."""

    def __init__(self, settings: LocalSettings) -> None:
        # A page of another site must not read the API key through a name that resolves to here.
        hosts = {f"{name}:{settings.start_port}" for name in (LOOPBACK, "localhost")}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                known = self.headers.get("Host") in hosts
                found = known and self.path in ("/", "/index.html")
                body = (render(settings) if found else "not here\n").encode()
                self.send_response(HTTPStatus.OK if found else HTTPStatus.NOT_FOUND)
                kind = "html" if found else "plain"
                self.send_header("Content-Type", f"text/{kind}; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Nothing: the page asks every few seconds."""

        self._server = ThreadingHTTPServer((LOOPBACK, settings.start_port), Handler)
        self._server.daemon_threads = True
        threading.Thread(
            target=self._server.serve_forever, args=(POLL_SECONDS,), name="start-page", daemon=True
        ).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def render(settings: LocalSettings) -> str:
    """The whole page as HTML."""
    platform = read_json(settings.platform_file) or {}
    assembly = platform.get("assembly")
    table = describe_types(read_assembly(Path(assembly))) if assembly else []
    commands = deployed_commands(settings)
    return PAGE.substitute(
        addresses=_addresses(platform),
        catalogue=f"<p>{escape(describe_catalogue(platform.get('catalogue')))}</p>",
        commands="".join(f"<pre>{escape(command)}</pre>" for command in commands)
        or '<p class="note">when everything has started</p>',
        processes="".join(map(_process_row, platform.get("processes", []))),
        summary=escape(summarize(table)),
        fidelity="".join(map(_fidelity_row, table)),
    )


def describe_catalogue(catalogue: Mapping[str, Any] | None) -> str:
    """One line for people: how many apps, from where, and whether they are generated."""
    if not catalogue:
        return "not loaded yet"
    kind = "generated apps, not real ones" if catalogue["generated"] else "apps"
    return f"{catalogue['count']:,} {kind}, from {catalogue['source']}"


def _addresses(platform: Mapping[str, Any]) -> str:
    rows = (
        ("API", platform.get("api_url")),
        ("API key (header x-api-key)", platform.get("api_key")),
        ("client key of SDKs", platform.get("client_key")),
        ("AWS endpoint", platform.get("emulator_url")),
    )
    return "".join(
        f"<tr><td>{label}</td><td><code>{escape(value or 'starting')}</code></td></tr>"
        for label, value in rows
    )


def _process_row(process: Mapping[str, Any]) -> str:
    state = str(process["state"])
    problem = escape(process.get("problem") or "")
    return _row(
        f"<code>{escape(process['name'])}</code>",
        f'<span class="{state.split()[0]}">{escape(state)}</span>',
        f"pid {process['pid'] or '-'}",
        f"port {process['port'] or '-'}",
        f'<span class="note">{problem}</span>',
    )


def _fidelity_row(row: TypeFidelity) -> str:
    return _row(
        f"<code>{escape(row.resource_type)}</code>",
        str(row.count),
        f'<span class="tag {row.fidelity.value.split()[0]}">{row.fidelity.value}</span>',
        f'<span class="note">{escape(row.note)}</span>',
    )


def _row(*cells: str) -> str:
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
