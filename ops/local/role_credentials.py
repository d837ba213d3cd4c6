"""Credentials of a role, as ECS hands them to a task: over loopback, always with time left."""

from __future__ import annotations

import json
import secrets
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.credentials import RefreshableCredentials

from ops.local.settings import LOOPBACK

if TYPE_CHECKING:
    from types_boto3_sts.client import STSClient
    from types_boto3_sts.type_defs import CredentialsTypeDef

SESSION_SECONDS = 3600
POLL_SECONDS = 0.05
# An SDK asks again when less than 15 minutes are left: always answer with more.
RENEW_BEFORE = timedelta(minutes=20)


class RoleCredentials:
    """One assumed role, assumed again before its session ends."""

    def __init__(self, client: STSClient, role_arn: str, session_name: str) -> None:
        self._client = client
        self._role_arn = role_arn
        self._session_name = session_name
        self._lock = threading.Lock()
        self._current: CredentialsTypeDef | None = None

    def current(self) -> CredentialsTypeDef:
        with self._lock:
            held = self._current
            if held is None or held["Expiration"] - datetime.now(UTC) < RENEW_BEFORE:
                held = self._current = self._client.assume_role(
                    RoleArn=self._role_arn,
                    RoleSessionName=self._session_name,
                    DurationSeconds=SESSION_SECONDS,
                )["Credentials"]
            return held

    def session(self) -> boto3.Session:
        """A session that asks again by itself when its credentials run out."""

        def fetch() -> dict[str, str]:
            held = self.current()
            return {
                "access_key": held["AccessKeyId"],
                "secret_key": held["SecretAccessKey"],
                "token": held["SessionToken"],
                "expiry_time": held["Expiration"].isoformat(),
            }

        core = botocore.session.get_session()
        # botocore has no public way to give a session credentials that renew themselves.
        credentials = RefreshableCredentials.create_from_metadata(
            metadata=fetch(), refresh_using=fetch, method="assume-role"
        )
        core._credentials = credentials  # type: ignore[attr-defined]
        return boto3.Session(botocore_session=core)


@dataclass(frozen=True, slots=True)
class CredentialsAddress:
    """What the task's environment names: address and the token that opens it."""

    url: str
    token: str


class CredentialsServer:
    """Answers each task, who shows its token, with the credentials of its own role."""

    def __init__(self) -> None:
        self._roles: dict[str, RoleCredentials] = {}
        roles = self._roles

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                role = roles.get(self.headers.get("Authorization", ""))
                if role is None:
                    self._answer(HTTPStatus.FORBIDDEN, {"message": "unknown task"})
                    return
                try:
                    self._answer(HTTPStatus.OK, _document(role.current()))
                except Exception as error:
                    self._answer(HTTPStatus.SERVICE_UNAVAILABLE, {"message": str(error)})

            def _answer(self, status: HTTPStatus, content: dict[str, Any]) -> None:
                body = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Nothing: each task asks every few minutes."""

        self._server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        threading.Thread(
            target=self._server.serve_forever, args=(POLL_SECONDS,), name="credentials", daemon=True
        ).start()

    def admit(self, role: RoleCredentials) -> CredentialsAddress:
        """A new token for this role."""
        token = secrets.token_urlsafe(24)
        self._roles[token] = role
        return CredentialsAddress(f"http://{LOOPBACK}:{self.port}/credentials", token)

    def dismiss(self, address: CredentialsAddress) -> None:
        self._roles.pop(address.token, None)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _document(credentials: CredentialsTypeDef) -> dict[str, Any]:
    return {
        "AccessKeyId": credentials["AccessKeyId"],
        "SecretAccessKey": credentials["SecretAccessKey"],
        "Token": credentials["SessionToken"],
        "Expiration": credentials["Expiration"].strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
