"""The managing half of the service: a database, a user pool's keys, people with roles."""

import io
import json
import threading
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import jwt
from aws_lambda_powertools import Logger
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi.testclient import TestClient
from jwt.algorithms import RSAAlgorithm
from redis.asyncio import Redis
from sqlalchemy import text

from experiments_service.assistants.notices import Notices
from experiments_service.collaborators import ExperimentCollaborators
from experiments_service.database.engine import open_database
from experiments_service.identity.authentication import Identity
from experiments_service.identity.keys import SigningKeys
from experiments_service.main import create_app
from experiments_service.metrics import ExperimentMetrics
from experiments_service.settings import (
    CacheSettings,
    IdentitySettings,
    OptionalParts,
    Settings,
)
from kindred.experiments.audit_chain import AuditSigner
from kindred_aws.session_store import SessionStore
from tests.pseudonyms import SecretFake
from tests.service.experiments.evaluation_fixtures import (
    CountersFake,
    EventStreamFake,
    PublisherFake,
    published,
)

POOL = IdentitySettings(
    region="eu-central-1",
    user_pool_id="eu-central-1_test",
    client_ids=("client-of-kindred", "console-of-kindred"),
    endpoint="http://unused",
)
AUDIT_SECRET = "an audit secret of thirty-two characters"
SECRET_KEY = "a session secret of thirty-two characters"

EXPERIMENT = {
    "key": "checkout",
    "name": "Checkout",
    "variations": [
        {"key": "control", "name": "As it is", "weight": 0.5, "is_control": True, "value": "a"},
        {"key": "treatment", "name": "One page", "weight": 0.5, "value": "b"},
    ],
    "metrics": [{"key": "bought", "name": "Bought"}],
    "plan": {"baseline": 0.0235, "effect": 0.05},
}
FLAG = {
    "key": "new-checkout",
    "type": "boolean",
    "default_value": False,
    "off_value": False,
    "rules": [{"id": "some", "value": True, "coverage": 0.1}],
}


class UserPool:
    """Signs tokens as Cognito does, and serves its keys; `fetches` counts how often."""

    def __init__(self):
        self.keys = {}
        self.fetches = 0
        self.broken = False
        self.new_key("first")

    def new_key(self, key_id):
        self.keys[key_id] = rsa.generate_private_key(65537, 2048)
        self.key_id = key_id

    def jwks(self):
        return {
            "keys": [
                {
                    **json.loads(RSAAlgorithm.to_jwk(key.public_key())),
                    "kid": key_id,
                    "alg": "RS256",
                    "use": "sig",
                }
                for key_id, key in self.keys.items()
            ]
        }

    def token(self, *groups, name="ada", key=None, headers=None, **claims):
        now = int(time.time())
        content = {
            "sub": f"id-of-{name}",
            "iss": POOL.issuer,
            "client_id": POOL.client_ids[0],
            "token_use": "access",
            "username": name,
            "cognito:groups": list(groups),
            "iat": now,
            "exp": now + 3600,
            **claims,
        }
        given = {key: value for key, value in content.items() if value is not None}
        key = key or self.keys[self.key_id]
        return jwt.encode(
            given, key, algorithm="RS256", headers={"kid": self.key_id} | (headers or {})
        )


@contextmanager
def served(answer):
    """The address of a server that answers by `answer(method, path, headers, body)`, which
    returns a status and a JSON value."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            length = int(self.headers.get("content-length") or 0)
            body = self.rfile.read(length)
            given = json.loads(body) if body else None
            status, value = answer(self.command, self.path, self.headers, given)
            content = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def pool_keys(pool):
    def answer(method, path, headers, body):
        pool.fetches += 1
        return (500, {}) if pool.broken else (200, pool.jwks())

    with served(answer) as address:
        yield f"{address}/{POOL.user_pool_id}/.well-known/jwks.json"


class PublisherSpy(PublisherFake):
    def __init__(self):
        super().__init__(published())
        self.changes = 0

    async def changed(self):
        self.changes += 1


@dataclass
class World:
    """The service, and people who use it, each named for what they may."""

    client: TestClient
    collaborators: ExperimentCollaborators
    database: Any
    pool: UserPool
    log: io.StringIO
    tokens: dict = field(default_factory=dict)

    def ask(self, method, path, body=None, *, role="experimenter", name=None, headers=None):
        name = name or role
        token = self.tokens.setdefault((role, name), self.pool.token(role, name=name))
        return self.client.request(
            method,
            f"/api/v1{path}",
            json=body,
            headers={"Authorization": f"Bearer {token}", **(headers or {})},
        )

    def get(self, path, **options):
        return self.ask("GET", path, **options)

    def post(self, path, body=None, **options):
        return self.ask("POST", path, {} if body is None else body, **options)

    def patch(self, path, body, **options):
        return self.ask("PATCH", path, body, **options)

    def created(self, **changes):
        answer = self.post("/experiments", EXPERIMENT | changes)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def flag(self, **changes):
        answer = self.post("/feature-flags", FLAG | changes)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def run(self, work, *args):
        return self.client.portal.call(work, *args)

    def execute(self, statement):
        async def execute():
            async with self.database.writer.begin() as connection:
                await connection.execute(text(statement))

        self.run(execute)

    def audit(self, **filters):
        query = "&".join(f"{name}={value}" for name, value in filters.items())
        return self.get(f"/audit-logs?order=oldest&{query}", role="admin").json()["records"]

    def logged(self, message):
        lines = map(json.loads, self.log.getvalue().splitlines())
        return [line for line in lines if line.get("message") == message]


def settings_of(postgresql, **changes):
    settings = Settings(
        environment="test",
        service_name="experiments",
        log_level="INFO",
        port=8000,
        metrics_namespace="Kindred",
        database=postgresql.settings(),
        cache=CacheSettings(
            host="127.0.0.1",
            port=1,
            username=None,
            password=None,
            cluster=False,
            tls=False,
            ttl_seconds=60,
            max_size=10_000,
        ),
        identity=POOL,
        secret_key=SECRET_KEY,
        audit_secret=AUDIT_SECRET,
        client_key="client-key",
        counters_table="counters",
        counters_region="eu-central-1",
        event_stream="events",
        event_stream_region="eu-central-1",
        pseudonym_secret="pseudonyms",
        definitions_bucket="definitions",
        approvals_required=False,
        optional=OptionalParts(),
    )
    return replace(settings, **changes)


@contextmanager
def world(postgresql, pool, keys_url, valkey_port, *, ways=(), assistant=None, **changes):
    settings = settings_of(postgresql, **changes)
    metrics = ExperimentMetrics(namespace="Kindred", service="test", environment="test")
    log = io.StringIO()
    logger = Logger(service=f"test-{uuid.uuid4()}", stream=log)
    database = open_database(settings.database)
    valkey = Redis(host="127.0.0.1", port=valkey_port, socket_timeout=0.5)
    collaborators = ExperimentCollaborators(
        sessions=database.sessions,
        reader=database.reading_sessions,
        publisher=PublisherSpy(),
        event_stream=EventStreamFake(),
        pseudonyms=SecretFake(),
        counters=CountersFake(),
        identity=Identity(
            keys=SigningKeys(httpx.AsyncClient(), url=keys_url),
            sessions=SessionStore(valkey),
            settings=POOL,
            secret_key=SECRET_KEY,
            metrics=metrics,
            logger=logger,
        ),
        audit=AuditSigner(AUDIT_SECRET),
        notices=Notices(ways, metrics=metrics, logger=logger),
        assistant=assistant,
        metrics=metrics,
        logger=logger,
        settings=settings,
    )
    with TestClient(create_app(collaborators), raise_server_exceptions=False) as client:
        yield World(client, collaborators, database, pool, log)
        client.portal.call(database.close)
        client.portal.call(valkey.aclose)
