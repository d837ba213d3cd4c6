"""The process environment, read once into a typed value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from kindred_service.settings import InvalidSettings

_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_SECRET_CHARACTERS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSettings:
    """`ca_file` is trusted beside the system's authorities."""

    writer: URL
    reader: URL
    pool_size: int
    max_overflow: int
    pool_timeout_seconds: int
    ca_file: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheSettings:
    host: str
    port: int
    username: str | None
    password: str | None = field(repr=False)
    cluster: bool
    tls: bool
    ttl_seconds: int
    max_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentitySettings:
    """`endpoint` is where the pool's keys are fetched; `issuer` is what tokens must name.

    Tokens of `client_ids` are taken: programs sign people in by one, the console by another.
    """

    region: str
    user_pool_id: str
    client_ids: tuple[str, ...]
    endpoint: str

    @property
    def issuer(self) -> str:
        return f"https://cognito-idp.{self.region}.amazonaws.com/{self.user_pool_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionalParts:
    """A part without its key is off."""

    slack_token: str | None = field(default=None, repr=False)
    slack_channel: str = "#experiments"
    sendgrid_key: str | None = field(default=None, repr=False)
    email_to: str | None = None
    email_from: str | None = None
    anthropic_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    environment: str
    service_name: str
    log_level: str
    port: int
    metrics_namespace: str
    database: DatabaseSettings
    cache: CacheSettings
    identity: IdentitySettings
    secret_key: str = field(repr=False)
    audit_secret: str = field(repr=False)
    client_key: str = field(repr=False)
    counters_table: str
    counters_region: str
    event_stream: str
    event_stream_region: str
    pseudonym_secret: str
    definitions_bucket: str
    approvals_required: bool
    optional: OptionalParts


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Raises InvalidSettings, which names every problem and never repeats a secret's value."""
    read = _Reader(environ)
    region = read.text("AWS_REGION")
    settings = Settings(
        environment=read.text("ENVIRONMENT"),
        service_name=read.text("SERVICE_NAME"),
        log_level=read.choice("LOG_LEVEL", _LOG_LEVELS, default="INFO"),
        port=read.number("PORT", default="8000", least=1, most=65_535),
        metrics_namespace=read.text("METRICS_NAMESPACE"),
        database=_database(read),
        cache=_cache(read),
        identity=IdentitySettings(
            region=region,
            user_pool_id=read.text("COGNITO_USER_POOL_ID"),
            client_ids=_clients(environ, read),
            endpoint=environ.get("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER")
            or environ.get("AWS_ENDPOINT_URL")
            or f"https://cognito-idp.{region}.amazonaws.com",
        ),
        secret_key=read.secret("SECRET_KEY"),
        audit_secret=read.secret("AUDIT_HMAC_SECRET"),
        client_key=read.text("CLIENT_KEY"),
        counters_table=read.text("DYNAMODB_TABLE_NAME"),
        counters_region=environ.get("DYNAMODB_REGION") or region,
        event_stream=read.text("KINESIS_STREAM_NAME"),
        event_stream_region=environ.get("KINESIS_REGION") or region,
        pseudonym_secret=read.text("PSEUDONYM_SECRET_ARN"),
        definitions_bucket=read.text("DEFINITIONS_BUCKET"),
        approvals_required=read.choice("APPROVALS_REQUIRED", ("true", "false"), default="false")
        == "true",
        optional=_optional(environ, read),
    )
    if read.problems:
        raise InvalidSettings("; ".join(read.problems))
    return settings


def _clients(environ: Mapping[str, str], read: _Reader) -> tuple[str, ...]:
    console = environ.get("COGNITO_CONSOLE_CLIENT_ID")
    return (read.text("COGNITO_CLIENT_ID"), *([console] if console else []))


class _Reader:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.problems: list[str] = []

    def text(self, name: str) -> str:
        value = self.environ.get(name, "")
        if not value:
            self.problems.append(f"{name}: not set")
        return value

    def secret(self, name: str) -> str:
        value = self.text(name)
        if value and len(value) < _SECRET_CHARACTERS:
            self.problems.append(
                f"{name}: given {len(value)} characters, allowed {_SECRET_CHARACTERS} or more"
            )
        return value

    def number(self, name: str, *, default: str, least: int, most: int) -> int:
        value = self.environ.get(name) or default
        if not value.isdecimal() or not least <= int(value) <= most:
            self.problems.append(f"{name}: given {value!r}, allowed {least} to {most}")
            return least
        return int(value)

    def choice(self, name: str, allowed: tuple[str, ...], *, default: str) -> str:
        value = self.environ.get(name) or default
        if value not in allowed:
            self.problems.append(f"{name}: given {value!r}, allowed {', '.join(allowed)}")
        return value

    def database_url(self, name: str, *, login: Mapping[str, str], default: str = "") -> URL:
        """The login's, unless it names its own. Without `sslmode`, since TLS is not a matter of
        choice here."""
        value = self.environ.get(name) or default or self.text(name)
        try:
            url = make_url(value) if value else URL.create("postgresql")
        except (ArgumentError, ValueError):
            url = URL.create("unreadable")
        if url.get_backend_name() not in ("postgresql", "postgres"):
            # Not what was given: it may hold a password.
            self.problems.append(f"{name}: allowed is postgresql://user@host:port/database")
            return URL.create("postgresql")
        known = {} if url.password else login
        return url.set(
            drivername="postgresql+asyncpg",
            username=known.get("username"),
            password=known.get("password"),
        ).difference_update_query(["sslmode", "ssl"])

    def database_login(self) -> dict[str, str]:
        """User and password of one version of the secret, since each version is another user."""
        text = self.environ.get("DATABASE_LOGIN")
        try:
            held = json.loads(text) if text else {}
            return {name: str(held[name]) for name in ("username", "password") if held}
        except (ValueError, TypeError, LookupError):
            self.problems.append('DATABASE_LOGIN: allowed is {"username": ..., "password": ...}')
            return {}


def _database(read: _Reader) -> DatabaseSettings:
    environ, login = read.environ, read.database_login()
    replica = environ.get("DATABASE_URL", "")
    return DatabaseSettings(
        writer=read.database_url("DATABASE_URL", login=login),
        reader=read.database_url("DATABASE_REPLICA_URL", login=login, default=replica),
        pool_size=read.number("DATABASE_POOL_SIZE", default="20", least=1, most=200),
        max_overflow=read.number("DATABASE_MAX_OVERFLOW", default="10", least=0, most=200),
        pool_timeout_seconds=read.number("DATABASE_POOL_TIMEOUT", default="30", least=1, most=60),
        ca_file=environ.get("DATABASE_CA_FILE") or None,
    )


def _cache(read: _Reader) -> CacheSettings:
    value = read.text("REDIS_URL")
    url = urlsplit(value)
    try:
        host, port = url.hostname, url.port or 6379
    except ValueError:
        host, port = None, 0
    if value and (url.scheme not in ("redis", "rediss") or not host):
        read.problems.append("REDIS_URL: allowed is rediss://user@host:port, with ?cluster=true")
    return CacheSettings(
        host=host or "",
        port=port,
        username=url.username,
        password=url.password or read.environ.get("REDIS_PASSWORD") or None,
        cluster=parse_qs(url.query).get("cluster") == ["true"],
        tls=url.scheme == "rediss",
        ttl_seconds=read.number("REDIS_CACHE_TTL", default="60", least=1, most=3_600),
        max_size=read.number("REDIS_CACHE_MAX_SIZE", default="10000", least=1, most=1_000_000),
    )


def _optional(environ: Mapping[str, str], read: _Reader) -> OptionalParts:
    parts = OptionalParts(
        slack_token=environ.get("SLACK_BOT_TOKEN") or None,
        slack_channel=environ.get("SLACK_CHANNEL") or "#experiments",
        sendgrid_key=environ.get("SENDGRID_API_KEY") or None,
        email_to=environ.get("EMAIL_TO") or None,
        email_from=environ.get("EMAIL_FROM") or None,
        anthropic_key=environ.get("ANTHROPIC_API_KEY") or None,
    )
    if parts.sendgrid_key and not (parts.email_to and parts.email_from):
        read.problems.append("SENDGRID_API_KEY: set without EMAIL_TO and EMAIL_FROM")
    return parts
