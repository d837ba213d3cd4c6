"""The process environment, read once into a typed value."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class InvalidSettings(Exception):
    """One or more variables are missing or wrong; the message names them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    environment: str
    service_name: str
    log_level: str
    port: int
    metrics_namespace: str
    embeddings_bucket: str
    experiments_table: str
    metrics_table: str
    request_log_table: str
    event_stream: str
    pseudonym_secret: str
    embedding_experiment_id: str
    valkey_host: str
    valkey_port: int
    valkey_username: str
    valkey_password: str = field(repr=False)
    valkey_cluster_mode: bool
    # One process, one writer of its metrics: a restarted task never continues another's totals.
    task_id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Raises InvalidSettings, which never repeats a secret's value."""
    problems: list[str] = []

    def text(name: str) -> str:
        value = environ.get(name, "")
        if not value:
            problems.append(f"{name}: not set")
        return value

    def port(name: str, default: str = "") -> int:
        value = environ.get(name, default)
        if not value.isdecimal() or not 1 <= int(value) <= 65_535:
            problems.append(f"{name}: given {value!r}, allowed 1 to 65535")
            return 0
        return int(value)

    def flag(name: str) -> bool:
        value = environ.get(name, "false")
        if value not in ("true", "false"):
            problems.append(f"{name}: given {value!r}, allowed true, false")
        return value == "true"

    level = environ.get("LOG_LEVEL", "INFO")
    if level not in _LOG_LEVELS:
        problems.append(f"LOG_LEVEL: given {level!r}, allowed {', '.join(_LOG_LEVELS)}")
    settings = Settings(
        environment=text("ENVIRONMENT"),
        service_name=text("SERVICE_NAME"),
        log_level=level,
        port=port("PORT", "8000"),
        metrics_namespace=text("METRICS_NAMESPACE"),
        embeddings_bucket=text("EMBEDDINGS_BUCKET"),
        experiments_table=text("EXPERIMENTS_TABLE"),
        metrics_table=text("METRICS_TABLE"),
        request_log_table=text("REQUEST_LOG_TABLE"),
        event_stream=text("KINESIS_STREAM_NAME"),
        pseudonym_secret=text("PSEUDONYM_SECRET_ARN"),
        embedding_experiment_id=text("EMBEDDING_EXPERIMENT_ID"),
        valkey_host=text("VALKEY_HOST"),
        valkey_port=port("VALKEY_PORT"),
        valkey_username=text("VALKEY_USERNAME"),
        valkey_password=text("VALKEY_PASSWORD"),
        valkey_cluster_mode=flag("VALKEY_CLUSTER_MODE"),
    )
    if problems:
        raise InvalidSettings("; ".join(problems))
    return settings
