"""What the evaluating functions are told by their environment, and the adapters made of it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import Any

from experiment_functions.current_snapshot import CurrentSnapshot
from experiment_functions.evaluation_observation import logger
from kindred_aws.definition_store import DefinitionStore
from kindred_aws.event_stream import EventStream
from kindred_aws.function_tracing import traced_session
from kindred_aws.pseudonym_secret import PseudonymSecret


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationSettings:
    """`decryption_key` opens payloads that are encrypted for one client; ours are not."""

    region: str
    definitions_bucket: str
    decryption_key: str | None


@cache
def evaluation_settings() -> EvaluationSettings:
    """Raises KeyError for what is missing."""
    return EvaluationSettings(
        region=os.environ["AWS_REGION"],
        definitions_bucket=os.environ["DEFINITIONS_BUCKET"],
        decryption_key=os.environ.get("DEFINITIONS_DECRYPTION_KEY"),
    )


@cache
def current_snapshot() -> CurrentSnapshot:
    settings = evaluation_settings()
    store = DefinitionStore(_client("s3"), settings.definitions_bucket)
    return CurrentSnapshot(store.fetch, decryption_key=settings.decryption_key)


@cache
def event_stream() -> EventStream:
    return EventStream(_client("kinesis"), stream_name=os.environ["KINESIS_STREAM_NAME"])


@cache
def pseudonym_secret() -> PseudonymSecret:
    return PseudonymSecret(
        _client("secretsmanager"),
        secret_id=os.environ["PSEUDONYM_SECRET_ARN"],
        tell=lambda reason: logger().warning("pseudonyms not read", reason=reason),
    )


def _client(service: str) -> Any:
    from botocore.config import Config

    # A caller is waiting: a refresh that hangs must not outlast it.
    config = Config(
        connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2}
    )
    region = evaluation_settings().region
    return traced_session().create_client(service, region_name=region, config=config)
