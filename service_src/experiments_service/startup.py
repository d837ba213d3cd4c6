"""From the process environment to a serving process, or to one clear line and exit status 1."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time

import boto3
import httpx
from aws_lambda_powertools import Logger
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from redis.asyncio import Redis, RedisCluster
from sqlalchemy.exc import SQLAlchemyError

from experiments_service.assistants.email import Email
from experiments_service.assistants.experiment_design import DesignAssistant
from experiments_service.assistants.notices import Notices, Way
from experiments_service.assistants.slack import Slack
from experiments_service.collaborators import ExperimentCollaborators
from experiments_service.database.engine import (
    DATABASE_LOST,
    open_database,
    open_for_migration,
)
from experiments_service.database.migration import migrate
from experiments_service.database.statement_spans import trace_statements
from experiments_service.identity.authentication import Identity
from experiments_service.identity.keys import SigningKeys
from experiments_service.main import create_app
from experiments_service.metrics import ExperimentMetrics
from experiments_service.publication.assembly import create_publisher
from experiments_service.settings import (
    DatabaseSettings,
    OptionalParts,
    Settings,
    read_settings,
)
from kindred.experiments.audit_chain import AuditSigner
from kindred_aws.event_stream import EventStream
from kindred_aws.experiment_counters import ExperimentCounters
from kindred_aws.pseudonym_secret import PseudonymSecret
from kindred_aws.session_store import SessionStore
from kindred_aws.sticky_units import StickyUnits
from kindred_aws.unit_cache import connect
from kindred_service.metrics_port import serve_metrics
from kindred_service.request_sampling import sample_requests
from kindred_service.settings import InvalidSettings
from kindred_service.startup import run
from kindred_service.tracing import start_tracing

_AWS = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"total_max_attempts": 3, "mode": "standard"},
    max_pool_connections=50,
)
# A request waits for it, and the stream's adapter tries again by itself.
_STREAM = _AWS.merge(Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 1}))
_RETRY_SECONDS = 5.0
_CANNOT_START = (InvalidSettings, SQLAlchemyError, BotoCoreError, ClientError, OSError)


def serve() -> None:
    """Bring the schema up to date, then answer until SIGTERM."""
    logger = Logger(
        service=os.environ.get("SERVICE_NAME", "experiments"), utc=True, use_rfc3339=True
    )
    try:
        settings = read_settings(os.environ)
        logger.setLevel(settings.log_level)
        start_tracing(os.environ, logger)
        sample_requests(os.environ, logger)
        bring_schema_up(settings.database, logger)
        collaborators = assemble(settings, logger)
        serve_metrics(os.environ, collaborators.metrics.registry)
        run(create_app(collaborators), settings.port)
    except _CANNOT_START as error:
        logger.critical("cannot start", reason=str(error) or repr(error))
        sys.exit(1)


def bring_schema_up(settings: DatabaseSettings, logger: Logger) -> None:
    """Now, or as soon as the database is there: evaluation does not wait for it.

    Raises what a reachable database has against a migration.
    """
    try:
        asyncio.run(migrate(open_for_migration(settings), logger))
    except DATABASE_LOST as error:
        logger.warning("starting without a database", reason=str(error) or repr(error))
        threading.Thread(target=_keep_trying, args=(settings, logger), daemon=True).start()


def _keep_trying(settings: DatabaseSettings, logger: Logger) -> None:
    while True:
        time.sleep(_RETRY_SECONDS)
        try:
            asyncio.run(migrate(open_for_migration(settings), logger))
        except DATABASE_LOST:
            continue
        except SQLAlchemyError as error:
            logger.critical("the schema cannot be brought up to date", reason=str(error))
        return


def assemble(settings: Settings, logger: Logger) -> ExperimentCollaborators:
    metrics = ExperimentMetrics(
        namespace=settings.metrics_namespace,
        service=settings.service_name,
        environment=settings.environment,
    )
    database = open_database(settings.database)
    for engine in (database.writer, database.reader):
        trace_statements(engine.sync_engine)
    valkey = _connect_valkey(settings)
    publisher = create_publisher(
        settings,
        sessions=database.sessions,
        valkey=valkey,
        s3=boto3.client("s3", config=_AWS),
        logger=logger,
    )
    kinesis = boto3.client("kinesis", region_name=settings.event_stream_region, config=_STREAM)
    dynamodb = boto3.client("dynamodb", region_name=settings.counters_region, config=_AWS)
    return ExperimentCollaborators(
        sessions=database.sessions,
        reader=database.reading_sessions,
        publisher=publisher,
        event_stream=EventStream(kinesis, stream_name=settings.event_stream),
        pseudonyms=PseudonymSecret(
            boto3.client("secretsmanager", config=_STREAM),
            secret_id=settings.pseudonym_secret,
            tell=lambda reason: logger.warning("pseudonyms not read", reason=reason),
        ),
        counters=ExperimentCounters(dynamodb, table_name=settings.counters_table),
        identity=_identity(settings, valkey, metrics, logger),
        audit=AuditSigner(settings.audit_secret),
        notices=Notices(_ways(settings.optional), metrics=metrics, logger=logger),
        assistant=DesignAssistant(key=key) if (key := settings.optional.anthropic_key) else None,
        sticky_units=StickyUnits(valkey),
        metrics=metrics,
        logger=logger,
        settings=settings,
    )


def _connect_valkey(settings: Settings) -> Redis | RedisCluster:
    cache = settings.cache
    return connect(
        host=cache.host,
        port=cache.port,
        username=cache.username,
        password=cache.password,
        cluster=cache.cluster,
        tls=cache.tls,
    )


def _identity(
    settings: Settings, valkey: Redis | RedisCluster, metrics: ExperimentMetrics, logger: Logger
) -> Identity:
    pool = settings.identity
    url = f"{pool.endpoint.rstrip('/')}/{pool.user_pool_id}/.well-known/jwks.json"
    return Identity(
        keys=SigningKeys(httpx.AsyncClient(), url=url),
        sessions=SessionStore(valkey),
        settings=pool,
        secret_key=settings.secret_key,
        metrics=metrics,
        logger=logger,
    )


def _ways(parts: OptionalParts) -> list[Way]:
    ways: list[Way] = []
    if parts.slack_token:
        ways.append(Slack(token=parts.slack_token, channel=parts.slack_channel))
    if parts.sendgrid_key and parts.email_to and parts.email_from:
        ways.append(Email(key=parts.sendgrid_key, to=parts.email_to, sender=parts.email_from))
    return ways
