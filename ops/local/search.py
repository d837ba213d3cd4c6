"""A stand-in for OpenSearch: its document, bulk and search calls over TLS, in memory.

No OpenSearch runs without Docker or a Java runtime. Every answer of this server says what it is.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path
from typing import Any, Protocol

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from ops.local.authority import server_certificate
from ops.local.search_access import SearchAccess
from ops.local.search_index import InvalidBulk, SearchIndex
from ops.local.search_query import UnknownQuery
from ops.local.settings import LOOPBACK, LocalSettings

POLL_SECONDS = 0.1
LONGEST_BODY_BYTES = 10 * 1024 * 1024
BANNER = {
    "name": "kindred-search-stand-in",
    "cluster_name": "kindred-local",
    "tagline": "a stand-in for OpenSearch on this machine; not OpenSearch",
}
MATCH_ALL: dict[str, Any] = {"match_all": {}}
STAND_IN_HEADER = {"x-kindred-stand-in": "opensearch"}


class SearchRefused(Exception):
    """A request that OpenSearch answers with an error object."""

    def __init__(self, status: int, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.status, self.kind = status, kind


class Access(Protocol):
    async def refusal(self, request: Request, body: bytes) -> str | None: ...


def create_app(index: SearchIndex, access: Access) -> FastAPI:
    """The calls that the platform's functions and tests make, and no others."""
    app = FastAPI(openapi_url=None)

    @app.exception_handler(SearchRefused)
    async def refused(_: Request, error: SearchRefused) -> JSONResponse:
        body = {"error": {"type": error.kind, "reason": str(error)}, "status": error.status}
        return JSONResponse(body, error.status, STAND_IN_HEADER)

    @app.get("/")
    async def banner() -> dict[str, Any]:
        return {**BANNER, "documents_dropped": index.dropped}

    @app.api_route("/{path:path}", methods=["GET", "HEAD", "POST", "PUT", "DELETE"])
    async def call(path: str, request: Request) -> Response:
        body = await _bounded(request)
        refusal = await access.refusal(request, body)
        if refusal:
            raise SearchRefused(403, "security_exception", refusal)
        status, content = answer(index, request.method, path, body)
        return JSONResponse(content, status, STAND_IN_HEADER)

    return app


def answer(index: SearchIndex, method: str, path: str, body: bytes) -> tuple[int, Any]:
    """Status and content for a call. Raises SearchRefused."""
    try:
        match (method, path.strip("/").split("/")):
            case "POST" | "PUT", ["_bulk"]:
                return 200, index.bulk(body)
            case "POST" | "PUT", [name, "_bulk"]:
                return 200, index.bulk(body, index=name)
            case "GET" | "POST", ["_search"]:
                return 200, index.search("*", _read(body))
            case "GET" | "POST", [names, "_search"]:
                return 200, index.search(names, _read(body))
            case "GET" | "POST", [names, "_count"]:
                return 200, {"count": index.count(names, _read(body).get("query", MATCH_ALL))}
            case "POST", [names, "_delete_by_query"]:
                return 200, index.delete_by_query(names, _read(body).get("query", MATCH_ALL))
            case "GET", [name, "_doc", document_id]:
                found = index.get(name, document_id)
                return 200 if found["found"] else 404, found
            case "PUT" | "POST", [name, "_doc", document_id]:
                result = index.put(name, document_id, _read(body))
                return int(result["status"]), result
            case "DELETE", [name, "_doc", document_id]:
                result = index.delete(name, document_id)
                return int(result["status"]), result
            case "GET" | "POST", [*_, "_refresh"]:
                return 200, {"_shards": {"total": 1, "successful": 1, "failed": 0}}
            case "PUT", ["_index_template", _]:
                return 200, {"acknowledged": True}
            case "HEAD", [name]:
                return 200 if index.exists(name) else 404, None
            case "PUT", [name] if not name.startswith("_"):
                return _create(index, name)
    except (InvalidBulk, UnknownQuery, json.JSONDecodeError) as error:
        raise SearchRefused(400, "parsing_exception", str(error)) from error
    raise SearchRefused(400, "illegal_argument_exception", f"{BANNER['tagline']}: no {path}")


def _create(index: SearchIndex, name: str) -> tuple[int, Any]:
    if index.exists(name):
        raise SearchRefused(400, "resource_already_exists_exception", f"index [{name}] exists")
    index.create(name)
    return 200, {"acknowledged": True, "index": name}


def _read(body: bytes) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(body) if body.strip() else {}
    return content


async def _bounded(request: Request) -> bytes:
    chunks = bytearray()
    async for chunk in request.stream():
        chunks += chunk
        if len(chunks) > LONGEST_BODY_BYTES:
            raise SearchRefused(
                413, "content_too_long", f"at most {LONGEST_BODY_BYTES} bytes are taken"
            )
    return bytes(chunks)


async def serve(settings: LocalSettings) -> None:
    """Answer until told to stop, but for outages: then connections are refused."""
    certificate = server_certificate(settings.certificates, "search")
    config = uvicorn.Config(
        create_app(SearchIndex(), SearchAccess(settings.emulator_url)),
        host=LOOPBACK,
        port=settings.search_port,
        ssl_certfile=certificate.certificate,
        ssl_keyfile=certificate.key,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=1,
    )
    while True:
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve())
        while not serving.done() and not settings.outage_file.exists():
            await asyncio.sleep(POLL_SECONDS)
        if serving.done():
            return await serving
        server.should_exit = True
        await serving
        print("an outage began: connections are refused", flush=True)  # noqa: T201
        while settings.outage_file.exists():
            await asyncio.sleep(POLL_SECONDS)
        print("the outage is over", flush=True)  # noqa: T201


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--emulator-port", type=int, required=True)
    given = parser.parse_args()
    chosen = LocalSettings(
        root=Path.cwd(),
        state=given.state,
        search_port=given.port,
        emulator_port=given.emulator_port,
    )
    asyncio.run(serve(chosen))
